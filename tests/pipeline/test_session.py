"""A live dialogue gets the labels that the whole one would get."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from spacy.language import Language

from spacy_casn import DialogueSession, make_dialogue
from spacy_casn.data.dialogue import EMPTY_TURN

from ..conftest import SMALL_CONTEXT, examples_of
from ..fakes import WORDS
from ..hostile.strategies import DIALOGUES
from ..hostile.targets import Targets
from ..hostile.text import Said

Turn = tuple[str | None, str]


def make_turns(n_turns: int, *, seed: int = 0) -> list[Turn]:
    """Random words by random speakers, some unknown."""
    random = np.random.default_rng(seed)
    return [
        (random.choice(["Ann", "Ben", None]), " ".join(random.choice(WORDS, size=4)))
        for _ in range(n_turns)
    ]


def whole(nlp: Language, turns: list[Turn]) -> list[tuple[str, np.ndarray]]:
    doc = nlp(make_dialogue(nlp, [text for _, text in turns], speakers=[name for name, _ in turns]))
    group = doc.spans["turns"]
    return [(span.label_, row) for span, row in zip(group, group.attrs["scores"], strict=True)]


def live(session: DialogueSession, turns: list[Turn]) -> list[tuple[str, np.ndarray]]:
    labels = [session.add(speaker, text) for speaker, text in turns]
    rows = [list(turn.scores.values()) for turn in session.turns[-len(turns) :]]
    return list(zip(labels, rows, strict=True))


def check_equal(
    found: list[tuple[str, np.ndarray]], expected: list[tuple[str, np.ndarray]]
) -> None:
    assert [label for label, _ in found] == [label for label, _ in expected]
    np.testing.assert_allclose(
        [row for _, row in found], [row for _, row in expected], atol=1e-5, rtol=0
    )


def test_equals_the_whole_dialogue_beyond_the_reach(trained: Language) -> None:
    turns = make_turns(30)  # the context encoder looks back 2 * 4 turns
    check_equal(live(DialogueSession(trained), turns), whole(trained, turns))


def test_memory_does_not_grow_with_the_dialogue(trained: Language) -> None:
    session = DialogueSession(trained)
    live(session, make_turns(30))
    assert [layer.shape[1] for layer in session._memory] == [4, 4]


def test_isolated_turns(make_nlp: Callable[..., Language]) -> None:
    nlp = make_nlp()
    nlp = make_nlp(
        model={
            **nlp.get_pipe_config("casn_emotion")["model"],
            "context": {
                "@architectures": "spacy_casn.NoContext.v1",
                "width": 16,
                "depth": 1,
                "dropout": 0.0,
            },
        }
    )
    nlp.initialize(lambda: examples_of(nlp))
    turns = make_turns(5)
    check_equal(live(DialogueSession(nlp), turns), whole(nlp, turns))


def test_full_attention_is_refused(make_nlp: Callable[..., Language]) -> None:
    nlp = make_nlp()
    nlp = make_nlp(
        model={
            **nlp.get_pipe_config("casn_emotion")["model"],
            "context": {**SMALL_CONTEXT, "attention": "full"},
        }
    )
    with pytest.raises(ValueError, match="depends on later turns"):
        DialogueSession(nlp)


def test_pipeline_without_the_component_is_refused() -> None:
    with pytest.raises(ValueError, match="no casn_emotion"):
        DialogueSession(spacy.blank("en"))


def test_untrained_pipeline_is_refused(make_nlp: Callable[..., Language]) -> None:
    with pytest.raises(ValueError, match="doesn't know its emotions"):
        DialogueSession(make_nlp()).add("Ann", "You won!")


def test_text_is_taken_as_a_transcript_has_it(trained: Language) -> None:
    session = DialogueSession(trained)
    session.add(None, " You\nwon! ")
    session.add("", "  ")
    assert [turn.text for turn in session.turns] == ["You won!", EMPTY_TURN]
    check_equal(
        live(session, [("Ann", "Fine.")]),
        whole(trained, [("", "You won!"), ("", ""), ("Ann", "Fine.")])[2:],
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DIALOGUES)
def test_any_turns_are_kept_in_order(targets: Targets, dialogue: list[Said]) -> None:
    targets.session([dialogue])


def test_a_turn_of_a_megabyte_and_many_empty_ones(trained: Language) -> None:
    session = DialogueSession(trained)
    session.add("Ann", "(" * 1_000_000)
    for _ in range(500):
        session.add(None, "")
    doc = session.doc()
    texts = [turn.text for turn in doc.spans["turns"]]
    assert texts == ["(" * 1_000_000, *[EMPTY_TURN] * 500]


def test_abstains(trained: Language) -> None:
    trained.get_pipe("casn_emotion").abstain_below = 1.0
    assert DialogueSession(trained).add("Ann", "Hello there.") == ""


def test_doc_is_the_annotated_dialogue(trained: Language) -> None:
    turns = make_turns(6)
    session = DialogueSession(trained)
    live(session, turns)
    doc = session.doc()
    group = doc.spans["turns"]
    expected = whole(trained, turns)
    check_equal(
        list(zip([span.label_ for span in group], group.attrs["scores"], strict=True)), expected
    )
    assert group[1]._.emotion_scores == pytest.approx(session.turns[1].scores)
    empty = DialogueSession(trained).doc()
    assert len(empty.spans["turns"]) == 0


def test_saved_session_goes_on(trained: Language, tmp_path: Path) -> None:
    turns = make_turns(25)
    expected = whole(trained, turns)
    for cut in (0, 1, 5, 20):
        session = DialogueSession(trained)
        session_before = live(session, turns[:cut]) if cut else []
        session.to_disk(tmp_path / "chat.json")
        taken_up = DialogueSession(trained).from_disk(tmp_path / "chat.json")
        assert [turn.text for turn in taken_up.turns] == [text for _, text in turns[:cut]]
        for turn, saved in zip(taken_up.turns, session.turns, strict=True):
            assert turn.scores == pytest.approx(saved.scores, abs=1e-6)
        check_equal(session_before + live(taken_up, turns[cut:]), expected)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 99, "turns": []}', '{"format": 1, "turns": [{"a": 1}]}']
)
def test_other_files_are_refused(trained: Language, tmp_path: Path, content: str) -> None:
    path = tmp_path / "chat.json"
    path.write_text(content, encoding="utf-8")
    session = DialogueSession(trained)
    session.add("Ann", "You won!")
    with pytest.raises(ValueError, match="holds no saved session"):
        session.from_disk(path)
    assert len(session.turns) == 1


def test_sessions_in_threads_share_one_pipeline(trained: Language) -> None:
    trained.get_pipe("casn_emotion").utterance_encoder.cache.capacity = 3
    dialogues = [make_turns(40, seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as executor:
        found = list(executor.map(lambda turns: live(DialogueSession(trained), turns), dialogues))
    for turns, labels in zip(dialogues, found, strict=True):
        check_equal(labels, whole(trained, turns))


@pytest.mark.parametrize(
    "change",
    [{"text": 3}, {"speaker": None}, {"emotion": []}, {"scores": [1]}, {"scores": {"a": "b"}}],
)
def test_tampered_sessions(trained: Language, tmp_path: Path, change: dict[str, Any]) -> None:
    session = DialogueSession(trained)
    session.add("Ann", "Hello there.")
    session.to_disk(tmp_path / "session")
    saved = json.loads((tmp_path / "session").read_text(encoding="utf-8"))
    saved["turns"][0].update(change)
    (tmp_path / "session").write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(ValueError, match="holds no saved session"):
        DialogueSession(trained).from_disk(tmp_path / "session")
