"""What is read of the files that `annotate` writes."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from spacy_casn import make_dialogue, summarize
from spacy_casn.annotation.run import annotate
from spacy_casn.summary.figures import figures_of
from spacy_casn.summary.moments import moment_of, seconds_of, week_of
from spacy_casn.summary.read import read_table
from spacy_casn.summary.table import TableBuilder

TURNS = "Ann: You won!\nBen: Really?\nAnn: ...\nBen: What? I never lost!\n"


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "spacy", "xlsx"])
def test_each_format_holds_the_same(
    model: str, trained: Language, tmp_path: Path, ending: str
) -> None:
    source = tmp_path / "chat.txt"
    source.write_text(TURNS, encoding="utf-8")
    output = tmp_path / f"annotated.{ending}"
    annotate(model, str(source), str(output))
    table = read_table(str(output))
    expected = summarize(trained(TURNS)).table
    assert table.labels == expected.labels
    assert table.emotion.tolist() == expected.emotion.tolist()
    assert table.emotion[2] == -1
    assert table.score == pytest.approx(expected.score, abs=1e-4, nan_ok=True)
    assert table.speakers == ["Ann", "Ben", "Ann", "Ben"]
    assert table.groups == ["Ann", "Ben"]


def test_a_users_own_emotions_are_left_alone(model: str, tmp_path: Path) -> None:
    source = tmp_path / "chat.csv"
    source.write_text("dialogue,text,emotion\n1,You won!,mine\n1,Really?,mine\n", encoding="utf-8")
    annotate(model, str(source), str(tmp_path / "annotated.csv"))
    assert "mine" not in read_table(str(tmp_path / "annotated.csv")).labels
    table = read_table(str(tmp_path / "annotated.csv"), emotion_column="emotion")
    assert table.labels == ["mine"]


def test_roles_and_times_are_found(tmp_path: Path) -> None:
    path = tmp_path / "annotated.csv"
    path.write_text(
        "dialogue,text,When,emotion,role\n1,Hi,2024-03-01 22:30,joy,agent\n1,Yo,2024-03-02,joy,\n",
        encoding="utf-8",
    )
    table = read_table(str(path), time_column="When")
    assert table.groups == ["agent", "unknown"]
    assert table.moments == [datetime(2024, 3, 1, 22, 30), None]
    assert np.isnan(table.score).all()
    with pytest.raises(ValueError, match="`role_column` = 'who': the columns of"):
        read_table(str(path), role_column="who")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-01T22:30:00", (2024, 3, 1, 22)),
        ("2024-03-01 22:30:00+02:00", (2024, 3, 1, 22)),
        ("1709332200", (2024, 3, 1, 22)),
        ("1709332200.000100", (2024, 3, 1, 22)),
        (1709332200000, (2024, 3, 1, 22)),
    ],
)
def test_times_are_understood(value: object, expected: tuple[int, ...]) -> None:
    moment = moment_of({"Time": value})
    assert moment is not None
    assert (moment.year, moment.month, moment.day, moment.hour) == expected
    assert week_of(moment).isoformat() == "2024-02-26"


@pytest.mark.parametrize("value", ["00:01:02", "12.5", "", None, "2024-03-01", "soon", "nan"])
def test_what_is_no_moment_is_none(value: object) -> None:
    assert moment_of({"time": value}) is None


def test_docs_must_be_docs(trained: Language) -> None:
    with pytest.raises(ValueError, match="Number 1 of docs is a str, no Doc"):
        summarize(["Ann: Hello."])
    with pytest.raises(ValueError, match="None of 1 turns has an emotion"):
        summarize(make_dialogue(trained, ["Hello."]))


def test_seconds_of_a_recording_are_minutes_into_the_conversation(tmp_path: Path) -> None:
    path = tmp_path / "annotated.csv"
    path.write_text(
        "dialogue,text,start,emotion\n1,Hi,3.5,joy\n1,Yo,0:01:10,anger\n1,So,,joy\n"
        '2,Oh,"00:02:00,500",joy\n',
        encoding="utf-8",
    )
    table = read_table(str(path))
    assert table.seconds == pytest.approx([3.5, 70, np.nan, 120.5], nan_ok=True)
    assert table.moments == [None] * 4
    minutes = figures_of(table).minutes
    assert minutes is not None
    assert minutes.keys == ["0-1 min", "1-2 min", "2-3 min"]
    assert minutes.totals.tolist() == [1, 1, 1]
    assert figures_of(table).hours is None


@pytest.mark.parametrize("value", ["2024-03-01 22:30", 1709332200, "soon", "-3", "nan", None, True])
def test_what_is_no_place_in_a_recording_is_none(value: object) -> None:
    assert seconds_of({"Start": value}) is None


def test_long_recordings_have_wider_steps() -> None:
    builder = TableBuilder()
    builder.begin("a day")
    for hour in range(25):
        builder.add("Hi", "Ann", "joy", 0.5, seconds=3600.0 * hour)
    minutes = figures_of(builder.table()).minutes
    assert minutes is not None
    assert minutes.keys[-1] == "1440-1500 min"
    assert minutes.totals.sum() == 25
