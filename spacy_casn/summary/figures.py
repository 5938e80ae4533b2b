"""The figures of a summary: shares with their intervals, answers, and how dialogues go."""

from dataclasses import dataclass

import numpy as np

from ..scoring.valence import valence
from .moments import week_of
from .table import Fractions, Numbers, TurnTable

Z = 1.959964
"""Standard deviations of a normal distribution within which 95 % of it lie."""
WINDOW = 3
"""Turns over which a dialogue's lowest mood is taken."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
"""Minutes that are counted together: the fewest that give at most `MOST_STEPS`."""
MOST_STEPS = 30


@dataclass(frozen=True)
class Shares:
    """How often each emotion occurs, by some key.

    Args:
        keys: What the rows are called.
        counts: Turns, (keys, labels).
        totals: Labelled turns of each key, (keys,).
        low, high: Ends of the shares' 95 % intervals, (keys, labels); nan for fewer than two
            dialogues.
    """

    keys: list[str]
    counts: Numbers
    totals: Numbers
    low: Fractions
    high: Fractions

    @property
    def shares(self) -> Fractions:
        """The shares, (keys, labels), 0 where a key has no turn."""
        shares: Fractions = self.counts / np.maximum(self.totals, 1)[:, None]
        return shares


@dataclass(frozen=True)
class Courses:
    """How each dialogue goes; moods are means of valences, from 1 to -1.

    Args:
        counts: Turns of each emotion, (dialogues, labels).
        at_least: Lower ends of the shares' 95 % intervals, (dialogues, labels): a dialogue of
            one angry turn is no angrier than one of ten among twelve.
        begin, end: Mood of the first and the last third; nan for fewer than three labelled turns.
        lowest: The lowest mood of three turns before the last third; nan likewise.
    """

    counts: Numbers
    at_least: Fractions
    begin: Fractions
    end: Fractions
    lowest: Fractions

    @property
    def change(self) -> Fractions:
        """How much better a dialogue ends than it began; negative where it ends worse."""
        return self.end - self.begin

    @property
    def recovery(self) -> Fractions:
        """How far a dialogue came up again; nan unless it was down and ends neither good nor bad,
        or good."""
        recovered = (self.lowest < 0) & (self.end >= 0)
        return np.where(recovered, self.end - self.lowest, np.nan)


@dataclass(frozen=True)
class Figures:
    """All figures of a summary; `hours` and `weeks` are None where no times are known, `minutes`
    where no turn's place in a recording is.

    `answers` has a row for each emotion: the emotions of the turns that answer it.
    `answers_between` has them by who is answered and who answers,
    (groups, groups, labels, labels).
    """

    overall: Shares
    speakers: Shares
    positions: Shares
    hours: Shares | None
    weeks: Shares | None
    minutes: Shares | None
    answers: Shares
    answers_between: Numbers
    courses: Courses


def figures_of(table: TurnTable) -> Figures:
    """Return all figures of a table of turns."""
    hours, weeks = time_keys(table)
    monday_names = sorted({week for week in weeks if week})
    mondays = {name: number for number, name in enumerate(monday_names)}
    asked, replies = answer_pairs(table)
    between = np.zeros((len(table.groups),) * 2 + (len(table.labels),) * 2, dtype=np.int64)
    place = (table.group[asked], table.group[replies], table.emotion[asked], table.emotion[replies])
    np.add.at(between, place, 1)
    everything = np.zeros_like(table.emotion)
    tenths = [f"{10 * tenth}-{10 * tenth + 10} %" for tenth in range(10)]
    has_time = bool((hours >= 0).any())
    week_numbers = np.array([mondays.get(week, -1) for week in weeks], dtype=np.int64)
    steps, minutes = minute_keys(table)
    return Figures(
        _by(table, ["all turns"], everything),
        _by(table, table.groups, table.group),
        _by(table, tenths, table.position),
        _by(table, [f"{hour:02}:00" for hour in range(24)], hours) if has_time else None,
        _by(table, monday_names, week_numbers) if has_time else None,
        _by(table, steps, minutes) if steps else None,
        shares_by(
            table.labels,
            table.emotion[asked],
            table.emotion[replies],
            table.dialogue[replies],
            len(table.labels),
        ),
        between,
        courses_of(table),
    )


def shares_by(
    keys: list[str], key: Numbers, outcome: Numbers, dialogue: Numbers, outcomes: int
) -> Shares:
    """Count outcomes by a key, and take the intervals of their shares.

    The turns of one dialogue hang together, so that they tell less than as many turns of
    different ones. The variance of a share is that of a ratio of sums over dialogues (Cochran
    1977, Sampling Techniques, chapter 6.4); the interval is Wilson's, with the number of
    independent turns that would have this variance (Korn & Graubard 1998), but no more than there
    are. Of a share of 0 or 1, it takes as many as there are dialogues.

    Args:
        keys: Names of the keys.
        key: Number of each turn's key; turns of -1 count nowhere.
        outcome: Number of each turn's outcome; turns of -1 count nowhere.
        dialogue: Number of each turn's dialogue.
        outcomes: How many outcomes there are.
    """
    known = (key >= 0) & (outcome >= 0)
    key, outcome, dialogue = key[known], outcome[known], dialogue[known]
    cells, cell = np.unique(key + len(keys) * dialogue, return_inverse=True)
    in_cell = np.zeros((len(cells), outcomes), dtype=np.int64)
    np.add.at(in_cell, (cell, outcome), 1)
    cell_key = cells % len(keys)
    counts = np.zeros((len(keys), outcomes), dtype=np.int64)
    np.add.at(counts, cell_key, in_cell)
    totals = counts.sum(1)
    dialogues = np.bincount(cell_key, minlength=len(keys))
    share = counts / np.maximum(totals, 1)[:, None]
    off = in_cell - share[cell_key] * in_cell.sum(1)[:, None]
    squares = np.zeros((len(keys), outcomes))
    np.add.at(squares, cell_key, off**2)
    factor = dialogues / np.maximum(dialogues - 1, 1) / np.maximum(totals, 1) ** 2
    variance = squares * factor[:, None]
    spread = share * (1 - share)
    size = np.where(
        variance > 0,
        np.minimum(spread / np.where(variance > 0, variance, 1), totals[:, None]),
        np.where(spread > 0, totals[:, None], dialogues[:, None]),
    )
    low, high = wilson(share, size)
    few = (dialogues < 2)[:, None]
    return Shares(keys, counts, totals, np.where(few, np.nan, low), np.where(few, np.nan, high))


def wilson(share: Fractions, size: Fractions | Numbers) -> tuple[Fractions, Fractions]:
    """Return the ends of the 95 % intervals of shares of so many (Wilson 1927)."""
    size = np.maximum(size, 1e-9)
    middle = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def answer_pairs(table: TurnTable) -> tuple[Numbers, Numbers]:
    """Return the turns that are answered, and the turns that answer them.

    A turn answers the one right before it where another speaks, or nobody knows who speaks in
    either; both have an emotion.
    """
    later = np.arange(1, len(table.texts))
    dialogue = table.dialogue
    speakers = np.array(table.speakers, dtype=object)
    changes = (speakers[1:] != speakers[:-1]) | (speakers[1:] == "")
    labelled = (table.emotion[1:] >= 0) & (table.emotion[:-1] >= 0)
    later = later[(dialogue[1:] == dialogue[:-1]) & changes.astype(bool) & labelled]
    return later - 1, later


def time_keys(table: TurnTable) -> tuple[Numbers, list[str]]:
    """Return each turn's hour, -1 where unknown, and the Monday of its week, "" where unknown."""
    hours = [-1 if moment is None else moment.hour for moment in table.moments]
    weeks = ["" if moment is None else week_of(moment).isoformat() for moment in table.moments]
    return np.array(hours, dtype=np.int64), weeks


def minute_keys(table: TurnTable) -> tuple[list[str], Numbers]:
    """Return the names of the steps into a recording, and each turn's step, -1 where unknown."""
    known = ~np.isnan(table.seconds)
    if not known.any():
        return [], np.full(len(table.seconds), -1, dtype=np.int64)
    minutes = np.where(known, np.nan_to_num(table.seconds) // 60, -1).astype(np.int64)
    last = int(minutes.max())
    step = next((each for each in STEPS if last // each < MOST_STEPS), -(-(last + 1) // MOST_STEPS))
    names = [f"{step * each}-{step * (each + 1)} min" for each in range(last // step + 1)]
    return names, np.where(known, minutes // step, -1)


def courses_of(table: TurnTable) -> Courses:
    """Return how each dialogue goes."""
    size, labels = len(table.names), len(table.labels)
    counts = np.zeros((size, labels), dtype=np.int64)
    labelled = table.emotion >= 0
    np.add.at(counts, (table.dialogue[labelled], table.emotion[labelled]), 1)
    totals = counts.sum(1, keepdims=True)
    at_least, _ = wilson(counts / np.maximum(totals, 1), totals)
    at_least[totals[:, 0] == 0] = 0
    values = np.array([*(valence(label) for label in table.labels), np.nan])[table.emotion]
    moods = np.full((size, 3), np.nan)
    for number, (start, stop) in enumerate(zip(table.starts, table.starts[1:], strict=False)):
        known = values[start:stop]
        known = known[~np.isnan(known)]
        if len(known) >= WINDOW:
            first, _, last = np.array_split(known, 3)
            before = known[: len(known) - len(last)]
            width = min(WINDOW, len(before))
            lowest = np.convolve(before, np.ones(width), "valid").min() / width
            moods[number] = first.mean(), last.mean(), lowest
    return Courses(counts, at_least, *moods.T)


def _by(table: TurnTable, keys: list[str], key: Numbers) -> Shares:
    return shares_by(keys, key, table.emotion, table.dialogue, len(table.labels))
