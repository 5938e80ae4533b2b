"""The course of a dialogue as a line: turns from left to right, one row an emotion."""

from dataclasses import dataclass
from itertools import count, groupby

from .views import DialogueView, TurnView

ROW = 24
"""Height of a row in pixels."""
MANY = 120
"""Turns from which on only the line is drawn, without dots."""
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
        path: An SVG path, broken where turns have no label.
        dots: One a labelled turn, or none where there are too many.
        ticks: Turn numbers and where they stand, in percent of the width.
        description: The same in words.
    """

    rows: list[tuple[str, float]]
    width: int
    height: int
    path: str
    dots: list[Dot]
    ticks: list[tuple[int, float]]
    description: str


def draw_course(dialogue: DialogueView) -> Course | None:
    """The course of a dialogue, None where no turn has a label."""
    turns = dialogue.turns
    if not dialogue.labels:
        return None
    heights = {label: ROW * row + ROW / 2 for row, label in enumerate(dialogue.labels)}
    labelled = [turn for turn in turns if turn.label]
    dots = [Dot(_percent(turn.number, turns), heights[turn.label], turn.label) for turn in labelled]
    return Course(
        list(heights.items()),
        len(turns),
        ROW * len(dialogue.labels),
        _path(turns, heights),
        dots if len(turns) < MANY else [],
        [(number, _percent(number, turns)) for number in _ticks(len(turns))],
        _describe(turns, dialogue.labels),
    )


def _percent(number: int, turns: list[TurnView]) -> float:
    return round(100 * (number - 0.5) / len(turns), 3)


def _path(turns: list[TurnView], heights: dict[str, float]) -> str:
    parts = []
    for has_label, run in groupby(turns, key=_has_label):
        if has_label:
            points = [f"{turn.number - 0.5},{heights[turn.label]}" for turn in run]
            # A line of no length makes the dot of a turn that stands alone.
            parts.append(f"M{'L'.join(points)}h0")
    return "".join(parts)


def _has_label(turn: TurnView) -> bool:
    return bool(turn.label)


def _ticks(turns: int) -> list[int]:
    """The first turn, the last and round ones between them, far enough from one another."""
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
