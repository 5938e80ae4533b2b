"""Turns and names as people's programs hold them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import spacy
from spacy.language import Language

from spacy_casn import DialogueSession, make_dialogue


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("en")


@pytest.mark.parametrize("kind", [list, tuple, pd.Series, pl.Series, np.array, iter])
def test_whatever_has_an_order_will_do(nlp: Language, kind: type) -> None:
    doc = make_dialogue(nlp, kind(["a", "b"]), speakers=kind(["A", "B"]), emotions=kind(["x", ""]))
    found = [(turn.text, turn.id_, turn.label_) for turn in doc.spans["turns"]]
    assert found == [("a", "A", "x"), ("b", "B", "")]
    assert all(type(part) is str for turn in found for part in turn)


def test_what_is_missing_is_silent_and_unknown(nlp: Language) -> None:
    missing = [None, float("nan"), pd.NA, pd.NaT, np.nan]
    doc = make_dialogue(nlp, ["a", *missing], speakers=["A", *missing], emotions=["x", *missing])
    assert [turn.text for turn in doc.spans["turns"]][1:] == ["…"] * len(missing)
    assert [turn.id_ for turn in doc.spans["turns"]] == ["A", *[""] * len(missing)]
    assert [turn.label_ for turn in doc.spans["turns"]] == ["x", *[""] * len(missing)]


def test_whole_numbers_are_names(nlp: Language) -> None:
    speakers = pd.Series([0, None, 12])  # floats, as pandas has it
    doc = make_dialogue(nlp, ["a", "b", "c"], speakers=speakers)
    assert [turn.id_ for turn in doc.spans["turns"]] == ["0", "", "12"]
    doc = make_dialogue(nlp, ["a", "b"], speakers=np.array([3, 4]))
    assert [turn.id_ for turn in doc.spans["turns"]] == ["3", "4"]


@pytest.mark.parametrize("turns", ["I got the job!", b"Hello", {"a": "b"}, 5])
def test_a_single_text_is_no_list(nlp: Language, turns: object) -> None:
    with pytest.raises(ValueError, match=r"`turns` = .* is no list: give one with a value a turn"):
        make_dialogue(nlp, turns)
    with pytest.raises(ValueError, match="`speakers` = 'ab' is no list"):
        make_dialogue(nlp, ["a", "b"], speakers="ab")


def test_other_things_are_named_with_their_place(nlp: Language) -> None:
    with pytest.raises(ValueError, match="Turn 2 is 5, of type int: give a text"):
        make_dialogue(nlp, ["a", 5])
    with pytest.raises(ValueError, match=r"The speaker of turn 1 is 0\.5, of type float"):
        make_dialogue(nlp, ["a"], speakers=[0.5])
    with pytest.raises(ValueError, match="The emotion of turn 1 is True, of type bool"):
        make_dialogue(nlp, ["a"], emotions=[True])


def test_a_session_takes_the_same(trained: Language) -> None:
    session = DialogueSession(trained)
    assert session.add(0, None) == ""
    assert session.turns[0].scores == {}
    assert session.add(None, "You won!") != ""
    assert [turn.speaker for turn in session.turns] == ["0", ""]
    with pytest.raises(ValueError, match="`text` is 5, of type int"):
        session.add("Ann", 5)


def test_learned_labels_take_columns_and_refuse_what_is_no_turn(trained: Language) -> None:
    pipe = trained.get_pipe("casn_emotion")
    pipe.learn_labels({"good": pd.Series(["You won!"]), "bad": np.array(["You lost."])})
    assert pipe.labels == ("good", "bad")
    with pytest.raises(ValueError, match="Example 1 of the label 'b' is of type NoneType"):
        pipe.learn_labels({"a": ["You won!"], "b": [None]})


def test_a_threshold_is_a_number(trained: Language) -> None:
    with pytest.raises(ValueError, match=r"abstain_below = '0\.5' must be a probability"):
        trained.get_pipe("casn_emotion").abstain_below = "0.5"
