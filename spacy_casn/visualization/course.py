"""The course of a dialogue as a line: turns from left to right, one row an emotion."""

from dataclasses import dataclass
from itertools import count, groupby

from .views import DialogueView, TurnView

ROW, MARK = 24, 14
"""Heights of a row and of a mark in it, in pixels."""
MANY = 150
"""Turns from which on a line would be a thicket: each turn is a mark in its row then."""
CLOSE = 40
"""Turns from which on the dots of the line are small."""
TICKS = 6
LISTED = 30
"""Turns up to which the description names each."""


@dataclass(frozen=True)
class Dot:
    """A turn on the line; `x` in percent of the width, `y` in pixels."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Course:
    """What is drawn.

    Args:
        rows: The emotions from top to bottom, each with its `y` in pixels.
        width: Turns, the width of the path's own coordinates.
        height: In pixels.
        path: The line as an SVG path, broken where turns have no label; "" for many turns.
        dots: One a labelled turn on the line.
        radius: Of the dots, in pixels.
        marks: For many turns, each emotion with an SVG path of one mark a turn.
        ticks: Turn numbers and where they stand, in percent of the width.
        description: The same in words.
    """

    rows: list[tuple[str, float]]
    width: int
    height: int
    path: str
    dots: list[Dot]
    radius: int
    marks: list[tuple[str, str]]
    ticks: list[tuple[int, float]]
    description: str


def draw_course(dialogue: DialogueView) -> Course | None:
    """Return the course of a dialogue, None where no turn has a label."""
    turns = dialogue.turns
    if not dialogue.labels:
        return None
    heights = {label: ROW * row + ROW / 2 for row, label in enumerate(dialogue.labels)}
    labelled = [turn for turn in turns if turn.label]
    many = len(turns) >= MANY
    dots = [Dot(_percent(turn.number, turns), heights[turn.label], turn.label) for turn in labelled]
    return Course(
        list(heights.items()),
        len(turns),
        ROW * len(dialogue.labels),
        "" if many else _line(turns, heights),
        [] if many else dots,
        3 if len(turns) >= CLOSE else 5,
        _marks(labelled, heights) if many else [],
        [(number, _percent(number, turns)) for number in _ticks(len(turns))],
        _describe(turns, dialogue.labels),
    )


def _percent(number: int, turns: list[TurnView]) -> float:
    return round(100 * (number - 0.5) / len(turns), 3)


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
    return [(label, "".join(path)) for label, path in paths.items()]


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
