"""Calm parts of long dialogues, which are folded so that what is felt stands together."""

from dataclasses import dataclass
from itertools import groupby

from .views import TurnView

LONG = 40
"""Turns from which on a dialogue's calm parts are folded."""
CALM = 6
"""Calm turns on end that are folded; the first and the last of them stay in sight."""


@dataclass(frozen=True)
class Part:
    """Some turns that follow each other, folded or not."""

    turns: list[TurnView]
    folded: bool


def parts_of(turns: list[TurnView]) -> list[Part]:
    """Return a dialogue's turns in parts: all in one unless it is long."""
    if len(turns) < LONG:
        return [Part(turns, False)]
    parts: list[Part] = []
    for calm, run in groupby(turns, key=_is_calm):
        known = list(run)
        if calm and len(known) >= CALM:
            parts += [Part(known[:1], False), Part(known[1:-1], True), Part(known[-1:], False)]
        else:
            parts.append(Part(known, False))
    return parts


def _is_calm(turn: TurnView) -> bool:
    return turn.is_calm
