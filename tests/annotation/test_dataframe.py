"""Data frames of pandas and polars."""

import pandas as pd
import polars as pl
import pytest
from spacy.language import Language

from spacy_casn import annotate_dataframe, make_dialogue, to_dataframe

ROWS = {
    "call": [7, 8, 7, 7],
    "who": ["Ann", "Cid", "Ben", None],
    "said": ["You won!", "The cake is terrible.", "Really?", None],
    "score": [1, 2, 3, 4],
}
LIBRARIES = pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])


@LIBRARIES
def test_rows_get_what_their_dialogues_get(trained: Language, library: object) -> None:
    frame = library.DataFrame(ROWS)
    found = annotate_dataframe(trained, frame, dialogue="call", text="said", speaker="who")
    assert type(found) is type(frame)
    first = trained(make_dialogue(trained, ["You won!", "Really?"], speakers=["Ann", "Ben"]))
    second = trained(make_dialogue(trained, ["The cake is terrible."], speakers=["Cid"]))
    expected = [first.spans["turns"][0], second.spans["turns"][0], first.spans["turns"][1]]
    assert list(found["casn_emotion"]) == [*(turn.label_ for turn in expected), ""]
    for label in trained.get_pipe("casn_emotion").labels:
        column = list(found[f"casn_score_{label.replace(' ', '_')}"])
        assert column[:3] == pytest.approx(
            [turn._.emotion_scores[label] for turn in expected], abs=1e-5
        )
        assert column[3] is None or column[3] != column[3]
    for name, values in ROWS.items():
        assert list(found[name])[:3] == values[:3]
        assert list(frame[name])[:3] == values[:3]


def test_an_index_stays(trained: Language) -> None:
    frame = pd.DataFrame({"said": ["You won!", "Really?"]}, index=[9, 3])
    found = annotate_dataframe(trained, frame, text="said")
    assert list(found.index) == [9, 3]
    doc = trained("You won!\nReally?")
    assert list(found["emotion"]) == [turn.label_ for turn in doc.spans["turns"]]
    assert list(frame.columns) == ["said"]


def test_several_columns_tell_dialogues_apart(trained: Language) -> None:
    frame = pl.DataFrame({"day": [1, 1], "call": ["a", "b"], "said": ["You won!", "Really?"]})
    found = annotate_dataframe(trained, frame, dialogue=["day", "call"], text="said")
    docs = [trained("You won!"), trained("Really?")]
    assert found["emotion"].to_list() == [doc.spans["turns"][0].label_ for doc in docs]


@LIBRARIES
def test_an_empty_frame_gets_columns(trained: Language, library: object) -> None:
    frame = library.DataFrame({"call": [], "said": []})
    found = annotate_dataframe(trained, frame, dialogue="call", text="said")
    assert {"emotion", "score", "score_no_emotion"} <= set(found.columns)


def test_what_cannot_be_annotated_is_named(trained: Language) -> None:
    frame = pd.DataFrame({"call": ["a", None], "said": ["You won!", 5]})
    with pytest.raises(ValueError, match="No column 'text': the data frame has call, said"):
        annotate_dataframe(trained, frame, text="text")
    with pytest.raises(ValueError, match="Row 2, 'said', is 5, of type int: give a text"):
        annotate_dataframe(trained, frame, text="said")
    with pytest.raises(ValueError, match=r"Row 2 names no dialogue in \['call'\]"):
        annotate_dataframe(trained, frame, text="said", dialogue="call")
    with pytest.raises(ValueError, match="`frame` is of type list: give a data frame"):
        annotate_dataframe(trained, ["You won!"], text="said")


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_docs_become_a_frame(trained: Language, backend: str) -> None:
    docs = [trained("Ann: You won!\nBen: ..."), trained("Really?")]
    frame = to_dataframe(docs, backend=backend)
    assert list(frame["dialogue"]) == [1, 1, 2]
    assert list(frame["turn"]) == [1, 2, 1]
    assert list(frame["speaker"]) == ["Ann", "Ben", ""]
    assert list(frame["text"]) == ["You won!", "...", "Really?"]
    turns = [turn for doc in docs for turn in doc.spans["turns"]]
    assert list(frame["emotion"]) == [turn.label_ for turn in turns]
    scores = list(frame["score"])
    assert scores[0] == pytest.approx(max(turns[0]._.emotion_scores.values()))
    assert scores[1] is None or scores[1] != scores[1]


def test_only_docs_and_known_libraries_will_do(trained: Language) -> None:
    with pytest.raises(ValueError, match="Number 1 of docs is a str, no Doc"):
        to_dataframe(["Ann: Hello."])
    with pytest.raises(ValueError, match="`backend` = 'excel'"):
        to_dataframe(trained("Hello."), backend="excel")
