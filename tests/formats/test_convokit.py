import json
from pathlib import Path

from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file

from .reading import FIXTURES, dialogues, written


def test_utterances_become_conversations() -> None:
    first, second = dialogues(FIXTURES / "utterances.jsonl")
    assert (first.name, first.speakers) == ("c1", ["A", "B", "A"])
    assert second.turns == ["My dog died yesterday.", "I am so sorry."]
    assert first.fields[1] == {"id": "u2", "reply_to": "u1"}


def test_conversations_may_be_interleaved_and_older_names_do(tmp_path: Path) -> None:
    common = {"reply_to": None, "timestamp": 7, "meta": {"score": 1}}
    utterances = [
        {**common, "id": "1", "root": "a", "user": {"id": "Ann"}, "text": "Hi!"},
        {**common, "id": "2", "root": "b", "user": "Ben", "text": "[deleted]"},
        {**common, "id": "3", "root": "a", "user": "Ben", "text": "Ho!"},
    ]
    first, second = dialogues(written(tmp_path, json.dumps(utterances), "utterances.json"))
    assert (first.speakers, first.turns) == (["Ann", "Ben"], ["Hi!", "Ho!"])
    assert first.fields[0] == {"id": "1", "timestamp": 7, "meta": '{"score": 1}'}
    assert second.turns == [""]


def test_a_bad_line_is_left_out_with_its_place(tmp_path: Path) -> None:
    lines = (FIXTURES / "utterances.jsonl").read_text().splitlines()
    path = written(tmp_path, "\n".join([*lines, '{"id": "u6", "text": "Hi!"}', "{"]), "u.jsonl")
    with Faults("skip", tmp_path / "out") as faults:
        assert len(list(read_file(path, faults))) == 2
    left_out = (tmp_path / "out.skipped").read_text().splitlines()
    assert "line 6: no conversation" in left_out[0]
    assert "line 7: no JSON" in left_out[1]
