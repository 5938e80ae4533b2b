"""What a report shows of labelled turns beside their figures: the worst errors."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc

from ..scoring.labelled_turns import LabelledTurns
from .views import DialogueView, TurnView, view_dialogue

BEFORE, AFTER = 4, 2
"""Turns that are shown around a wrong one."""


class WrongTurn(NamedTuple):
    """A turn that was given another label than its gold one."""

    dialogue: int
    turn: int
    """Both from 0."""
    gold: str
    predicted: str
    confidence: float
    """The probability of the most probable label."""


def wrong_turns(turns: LabelledTurns) -> list[WrongTurn]:
    """Return the wrong turns, those in which the pipeline trusted most first.

    A turn that was left without label isn't among them.
    """
    wrong = np.flatnonzero((turns.predicted != turns.gold) & (turns.predicted < len(turns.labels)))
    surest = wrong[np.argsort(-turns.confidences[wrong], kind="stable")]
    return [
        WrongTurn(
            int(turns.dialogues[row]),
            int(turns.places[row]),
            turns.labels[turns.gold[row]],
            turns.labels[turns.predicted[row]],
            float(turns.confidences[row]),
        )
        for row in surest
    ]


class Confusion(NamedTuple):
    """The wrong turns of one gold label that got the same other one."""

    gold: str
    predicted: str
    turns: list[WrongTurn]
    """Those in which the pipeline trusted most first."""


def confusions(wrong: Iterable[WrongTurn]) -> list[Confusion]:
    """Return wrong turns by what was taken for what, the most frequent first."""
    found: dict[tuple[str, str], list[WrongTurn]] = {}
    for turn in wrong:
        found.setdefault((turn.gold, turn.predicted), []).append(turn)
    groups = [Confusion(*labels, turns) for labels, turns in found.items()]
    return sorted(groups, key=_by_size)


def _by_size(group: Confusion) -> tuple[int, str, str]:
    return -len(group.turns), group.gold, group.predicted


def view_error(doc: Doc, error: WrongTurn, *, spans_key: str) -> DialogueView:
    """Show the predicted dialogue around a wrong turn, which has its gold label beside its own."""
    title = f"Dialogue {error.dialogue + 1}, turn {error.turn + 1}"
    view = view_dialogue(doc, title=title, spans_key=spans_key)
    turns: list[TurnView] = view.turns[max(0, error.turn - BEFORE) : error.turn + AFTER + 1]
    shown = [replace(t, gold=error.gold) if t.number == error.turn + 1 else t for t in turns]
    return replace(view, turns=shown)
