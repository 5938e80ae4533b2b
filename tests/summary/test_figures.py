"""The figures, against pandas and plain loops."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from spacy_casn.scoring.valence import by_valence, valence
from spacy_casn.summary.figures import Shares, courses_of, figures_of, shares_by, wilson
from spacy_casn.summary.table import GROUPS, OTHERS, TableBuilder, TurnTable

from .tables import random_table, table_of


@pytest.fixture
def table() -> TurnTable:
    return random_table()


def frame_of(table: TurnTable) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "dialogue": table.dialogue,
            "speaker": [speaker or "unknown" for speaker in table.speakers],
            "emotion": [[*table.labels, None][number] for number in table.emotion],
            "moment": pd.to_datetime(pd.Series(table.moments, dtype=object)),
        }
    )
    place = frame.groupby("dialogue").cumcount()
    size = frame.groupby("dialogue").dialogue.transform("size")
    frame["tenth"] = [math.floor(10 * (p + 0.5) / s) for p, s in zip(place, size, strict=True)]
    return frame


def check(shares: Shares, labels: list[str], frame: pd.DataFrame, keys: pd.Series) -> None:
    known = frame.emotion.notna() & keys.notna()
    expected = pd.crosstab(keys[known], frame.emotion[known])
    expected = expected.reindex(columns=labels, fill_value=0)
    found = pd.DataFrame(shares.counts, index=shares.keys, columns=labels)
    found = found[shares.totals > 0]
    assert found.to_dict() == expected.loc[found.index].to_dict()
    assert len(expected) == len(found)
    assert shares.totals.tolist() == shares.counts.sum(1).tolist()


def test_shares_are_those_of_pandas(table: TurnTable) -> None:
    figures, frame = figures_of(table), frame_of(table)
    check(figures.speakers, table.labels, frame, frame.speaker)
    tenths = frame.tenth.map(lambda tenth: f"{10 * tenth}-{10 * tenth + 10} %")
    check(figures.positions, table.labels, frame, tenths)
    hours = frame.moment.dt.strftime("%H:00")
    assert figures.hours is not None
    assert figures.weeks is not None
    check(figures.hours, table.labels, frame, hours)
    mondays = frame.moment.dt.to_period("W").dt.start_time.dt.strftime("%Y-%m-%d")
    check(figures.weeks, table.labels, frame, mondays)


def test_intervals_are_those_of_the_formula(table: TurnTable) -> None:
    """Term by term, without arrays."""
    shares = figures_of(table).speakers
    frame = frame_of(table).dropna(subset="emotion")
    for row, speaker in enumerate(shares.keys):
        turns = frame[frame.speaker == speaker]
        dialogues = [rows for _, rows in turns.groupby("dialogue")]
        for column, label in enumerate(table.labels):
            share = (turns.emotion == label).mean()
            squares = sum(((d.emotion == label).sum() - share * len(d)) ** 2 for d in dialogues)
            groups = len(dialogues)
            variance = squares * groups / (groups - 1) / len(turns) ** 2
            size = min(share * (1 - share) / variance, len(turns))
            low, high = wilson(np.array(share), np.array(size))
            assert shares.low[row, column] == pytest.approx(low)
            assert shares.high[row, column] == pytest.approx(high)


def test_intervals_are_near_those_of_a_bootstrap() -> None:
    table = random_table(400)
    overall = figures_of(table).overall
    counts = courses_of(table).counts
    rng = np.random.default_rng(1)
    drawn = np.stack([counts[rng.integers(400, size=400)].sum(0) for _ in range(1000)])
    low, high = np.quantile(drawn / drawn.sum(1, keepdims=True), [0.025, 0.975], axis=0)
    assert overall.low[0] == pytest.approx(low, abs=0.006)
    assert overall.high[0] == pytest.approx(high, abs=0.006)


def test_one_dialogue_has_no_interval() -> None:
    overall = figures_of(table_of([("Ann", "anger"), ("Ben", "anger")])).overall
    assert np.isnan(overall.low).all()
    assert overall.shares.tolist() == [[1.0]]


def test_what_all_turns_are_is_not_certain() -> None:
    turns = np.zeros(30, dtype=np.int64)
    shares = shares_by(["all"], turns, turns, np.arange(30) // 10, 1)
    low, _ = wilson(np.array(1.0), np.array(3))
    assert shares.low[0, 0] == pytest.approx(low)
    assert shares.high[0, 0] == 1


def test_answers_are_counted_by_hand(table: TurnTable) -> None:
    figures = figures_of(table)
    expected = np.zeros_like(figures.answers_between)
    for start, stop in pairwise(table.starts.tolist()):
        for asked, answer in pairwise(range(start, stop)):
            if table.speakers[asked] == table.speakers[answer] != "":
                continue
            if -1 in (table.emotion[asked], table.emotion[answer]):
                continue
            groups = table.group[asked], table.group[answer]
            expected[(*groups, table.emotion[asked], table.emotion[answer])] += 1
    assert figures.answers_between.tolist() == expected.tolist()
    assert figures.answers.counts.tolist() == expected.sum((0, 1)).tolist()


def test_courses_are_those_of_loops(table: TurnTable) -> None:
    courses = courses_of(table)
    for number, (start, stop) in enumerate(pairwise(table.starts.tolist())):
        labels = [table.labels[e] for e in table.emotion[start:stop] if e >= 0]
        assert courses.counts[number].tolist() == [labels.count(label) for label in table.labels]
        if len(labels) < 3:
            assert np.isnan(courses.begin[number])
            continue
        moods = [valence(label) for label in labels]
        third, more = divmod(len(moods), 3)
        first, last = moods[: third + (more > 0)], moods[len(moods) - third :]
        assert courses.begin[number] == pytest.approx(np.mean(first))
        assert courses.end[number] == pytest.approx(np.mean(last))
        before = moods[: len(moods) - third]
        runs = [before[place : place + 3] for place in range(max(1, len(before) - 2))]
        assert courses.lowest[number] == pytest.approx(min(map(np.mean, runs)))


def test_many_angry_turns_are_angrier_than_one() -> None:
    one = [("Ann", "anger")]
    ten = [("Ann", "anger")] * 10 + [("Ann", "no emotion")] * 2
    table = table_of(one, ten, [("Ann", "no emotion")])
    at_least = courses_of(table).at_least[:, table.labels.index("anger")]
    assert at_least[1] > at_least[0] > at_least[2] == 0


def test_who_was_down_and_came_up_has_recovered() -> None:
    down, calm, up = ("Ann", "anger"), ("Ann", "no emotion"), ("Ann", "happiness")
    table = table_of([down] * 3 + [calm] * 3 + [up] * 3, [calm] * 9, [up] * 6 + [down] * 3)
    courses = courses_of(table)
    assert courses.recovery[0] == 2
    assert np.isnan(courses.recovery[1:]).all()
    assert courses.change.tolist() == [2, 0, -2]


def test_labels_go_from_good_to_bad() -> None:
    labels = ["no emotion", "anger", "surprise", "puzzlement", "joy", "sadness"]
    expected = ["joy", "puzzlement", "surprise", "no emotion", "sadness", "anger"]
    assert by_valence(labels) == expected


def test_many_speakers_become_all_others() -> None:
    builder = TableBuilder()
    builder.begin("chat")
    for number in range(GROUPS + 3):
        builder.add("Hello.", f"speaker {number}", "joy", None)
    table = builder.table()
    assert table.groups == [*(f"speaker {number}" for number in range(GROUPS)), OTHERS]
    assert table.group.tolist() == [*range(GROUPS), GROUPS, GROUPS, GROUPS]


def test_without_emotions_there_is_nothing_to_summarize() -> None:
    with pytest.raises(ValueError, match="None of 1 turns has an emotion: give what"):
        table_of([("Ann", "")])
