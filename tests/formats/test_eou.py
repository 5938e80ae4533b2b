from .reading import FIXTURES, dialogues


def test_each_line_is_a_dialogue() -> None:
    first, second = dialogues(FIXTURES / "dialogues_text.txt")
    assert first.turns == ["The kitchen stinks .", "I'll throw out the garbage ."]
    assert (first.name, second.name) == ("dialogues_text-1", "dialogues_text-2")
    assert len(second.turns) == 3
    assert not any("__eou__" in turn for turn in second.turns)
    assert second.place.endswith("dialogues_text.txt, line 2")
