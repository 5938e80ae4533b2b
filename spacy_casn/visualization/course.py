"""The course of a dialogue: turns from left to right, a lane a speaker, better feelings above."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, groupby

from ..scoring.valence import by_valence
from .views import DialogueView, TurnView

ROW, MARK = 18, 12
"""Heights of a row and of a mark in it, in pixels."""
LANES = 4
"""Speakers with a lane of their own, or one fewer and a lane for all others."""
OTHERS = "others"
MANY = 150
"""Turns from which on a line would be a thicket: each turn is a mark in its row then."""
CROWDED = 40
"""Turns from which on the dots of the line are small."""
FAINT = 0.35
"""Opacity of a turn whose label has no probability at all."""
TICKS = 6
LISTED = 30
"""Turns up to which the description names each."""


@dataclass(frozen=True)
class Dot:
    """A turn's label, or its runner-up; `x` in percent of the width, `y` in pixels."""

    number: int
    x: float
    y: float
    label: str
    opacity: float
    calm: bool
    second: bool


@dataclass(frozen=True)
class Lane:
    """One speaker's turns.

    Args:
        speaker: Who, "" where nobody is told apart.
        path: The line as an SVG path, broken where turns have no label; "" for many turns.
        dots: One a labelled turn, and one a close runner-up.
        marks: For many turns, each emotion with an SVG path of one mark a turn.
    """

    speaker: str
    path: str
    dots: list[Dot]
    marks: list[tuple[str, str]]


@dataclass(frozen=True)
class Course:
    """What is drawn.

    Args:
        rows: The emotions of each lane from top to bottom, each with its `y` in pixels.
        lanes: One a speaker.
        width: Turns, the width of the path's own coordinates.
        height: Of a lane, in pixels.
        radius: Of the dots, in pixels.
        ticks: Turn numbers and where they stand, in percent of the width.
        description: The same in words.
    """

    rows: list[tuple[str, float]]
    lanes: list[Lane]
    width: int
    height: int
    radius: int
    ticks: list[tuple[int, float]]
    description: str


def draw_course(dialogue: DialogueView) -> Course | None:
    """Return the course of a dialogue, None where no turn has a label."""
    turns = dialogue.turns
    if not dialogue.labels:
        return None
    many = len(turns) >= MANY
    seconds = [] if many else [turn.second.label for turn in turns if turn.second]
    labels = by_valence([*dialogue.labels, *seconds])
    heights = {label: ROW * row + ROW / 2 for row, label in enumerate(labels)}
    return Course(
        list(heights.items()),
        [_lane(speaker, own, turns, heights) for speaker, own in _lanes(turns)],
        len(turns),
        ROW * len(labels),
        4 if len(turns) >= CROWDED else 5,
        [(number, _percent(number, turns)) for number in _ticks(len(turns))],
        _describe(turns, dialogue.labels),
    )


def _lanes(turns: list[TurnView]) -> list[tuple[str, list[TurnView]]]:
    """Return who speaks, in the order in which they begin, each with their turns."""
    counts = Counter(turn.speaker for turn in turns)
    kept = LANES if len(counts) <= LANES else LANES - 1
    frequent = {speaker for speaker, _ in counts.most_common(kept)}
    lanes: dict[str | None, list[TurnView]] = {
        speaker: [] for speaker in counts if speaker in frequent
    }
    for turn in turns:
        lanes.setdefault(turn.speaker if turn.speaker in frequent else None, []).append(turn)
    alone = len(counts) == 1
    return [
        (OTHERS if speaker is None else speaker or ("" if alone else "unknown"), own)
        for speaker, own in lanes.items()
    ]


def _lane(
    speaker: str, own: list[TurnView], turns: list[TurnView], heights: dict[str, float]
) -> Lane:
    labelled = [turn for turn in own if turn.label]
    if len(turns) >= MANY:
        return Lane(speaker, "", [], _marks(labelled, heights))
    dots = [dot for turn in labelled for dot in _dots(turn, turns, heights)]
    return Lane(speaker, _line(own, heights), dots, [])


def _dots(turn: TurnView, turns: list[TurnView], heights: dict[str, float]) -> Iterable[Dot]:
    x = _percent(turn.number, turns)
    if turn.second is not None:
        label, value = turn.second
        yield Dot(turn.number, x, heights[label], label, _opacity(value), turn.is_calm, True)
    opacity = _opacity(turn.strength)
    yield Dot(turn.number, x, heights[turn.label], turn.label, opacity, turn.is_calm, False)


def _opacity(probability: float) -> float:
    return round(FAINT + (1 - FAINT) * min(max(probability, 0.0), 1.0), 2)


def _percent(number: int, turns: list[TurnView]) -> float:
    # The turns of a part of a dialogue are counted from its first.
    return round(100 * (number - turns[0].number + 0.5) / len(turns), 3)


def _line(turns: list[TurnView], heights: dict[str, float]) -> str:
    parts = []
    for has_label, run in groupby(turns, key=_has_label):
        if has_label:
            points = [f"{turn.number - 0.5},{heights[turn.label]}" for turn in run]
            # A line of no length makes the dot of a turn that stands alone.
            parts.append(f"M{'L'.join(points)}h0")
    return "".join(parts)


def _marks(turns: list[TurnView], heights: dict[str, float]) -> list[tuple[str, str]]:
    paths: dict[str, list[str]] = {label: [] for label in heights}
    for turn in turns:
        paths[turn.label].append(f"M{turn.number - 0.5},{heights[turn.label] - MARK / 2}v{MARK}")
    return [(label, "".join(path)) for label, path in paths.items() if path]


def _has_label(turn: TurnView) -> bool:
    return bool(turn.label)


def _ticks(turns: int) -> list[int]:
    """Return the first turn, the last and round ones between them, far enough from one another."""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if turns <= step * TICKS)
    between = [
        number for number in range(step, turns, step) if 1 + step / 2 <= number <= turns - step / 2
    ]
    return sorted({1, *between, turns})


def _describe(turns: list[TurnView], labels: list[str]) -> str:
    if len(turns) <= LISTED:
        named = (
            f"{turn.number} {turn.speaker} {turn.label or 'no label'}".replace("  ", " ")
            for turn in turns
        )
        return f"Turn by turn: {', '.join(named)}."
    counts = [f"{label} {sum(turn.label == label for turn in turns)}" for label in labels]
    unlabelled = sum(not turn.label for turn in turns)
    if unlabelled:
        counts.append(f"no label {unlabelled}")
    return f"{len(turns)} turns by emotion: {', '.join(counts)}."
