"""What a report says about labelled turns: confusions, calibration, worst errors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example

from ..data.dialogue import gold_labels
from ..scoring.calibration import BINS
from ..scoring.triplets import draw_triplets
from .views import DialogueView, TurnView, view_dialogue

BEFORE, AFTER = 4, 2
"""Turns that are shown around a wrong one."""


class LabelledTurn(NamedTuple):
    """A turn that has a gold label, and what the pipeline made of it."""

    dialogue: int
    turn: int
    """Both from 0."""
    gold: str
    predicted: str
    """ "" where the pipeline abstained."""
    best: str
    """The most probable label."""
    confidence: float
    """Its probability."""


@dataclass(frozen=True)
class Confusions:
    """How often each gold label (row) got each label (column), and the shares of its row."""

    rows: list[str]
    columns: list[str]
    counts: list[list[int]]
    shares: list[list[float]]


class Bin(NamedTuple):
    """Turns of about the same confidence."""

    confidence: float
    """Their mean, 0 to 1."""
    accuracy: float
    turns: int


def labelled_turns(examples: Sequence[Example], spans_key: str) -> list[LabelledTurn]:
    """The labelled turns of predicted dialogues, in order."""
    found = []
    for number, example in enumerate(examples):
        spans = example.predicted.spans
        turns = list(spans.get(spans_key, []))
        for row, gold in enumerate(gold_labels(example, turns, spans_key)):
            if not gold:
                continue
            attrs = spans[spans_key].attrs
            scores = attrs["scores"][row]
            best = attrs["labels"][int(scores.argmax())]
            predicted = turns[row].label_
            found.append(LabelledTurn(number, row, gold, predicted, best, float(scores.max())))
    return found


def confusions(turns: Sequence[LabelledTurn], labels: Sequence[str]) -> Confusions:
    """The confusion matrix; a last column "" counts the turns left without label, if any.

    Args:
        turns: At least one.
        labels: All labels that occur, in the order of the rows and columns.
    """
    rows = list(labels)
    columns = [*labels, *([""] if any(not turn.predicted for turn in turns) else [])]
    counts = np.zeros((len(rows), len(columns)), dtype=int)
    for turn in turns:
        counts[rows.index(turn.gold), columns.index(turn.predicted)] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Confusions(rows, columns, counts.tolist(), shares.tolist())


def reliability(turns: Sequence[LabelledTurn]) -> list[Bin]:
    """The bins of the expected calibration error, those without turns left out."""
    confidences = np.array([turn.confidence for turn in turns])
    right = np.array([turn.best == turn.gold for turn in turns])
    places = np.minimum((confidences * BINS).astype(int), BINS - 1)
    return [
        Bin(float(confidences[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (places == place for place in np.unique(places))
    ]


def worst_errors(turns: Sequence[LabelledTurn], n: int) -> list[LabelledTurn]:
    """The wrong labels in which the pipeline trusted most; abstentions are none."""
    wrong = [turn for turn in turns if turn.predicted not in ("", turn.gold)]
    return sorted(wrong, key=_confidence, reverse=True)[:n]


def view_error(doc: Doc, error: LabelledTurn, *, spans_key: str) -> DialogueView:
    """The predicted dialogue around a wrong turn, which has its gold label beside its own."""
    title = f"Dialogue {error.dialogue + 1}, turn {error.turn + 1}"
    view = view_dialogue(doc, title=title, spans_key=spans_key)
    turns: list[TurnView] = view.turns[max(0, error.turn - BEFORE) : error.turn + AFTER + 1]
    shown = [replace(t, gold=error.gold) if t.number == error.turn + 1 else t for t in turns]
    return replace(view, turns=shown)


def coin_mcc(gold: Sequence[str], *, n_triplets: int = 10_000, seed: int = 0) -> float | None:
    """What a coin gets as `emotion_triplet_mcc`, None where no triplet can be drawn.

    A coin is right about half of the triplets of each class, and files the others under their
    negatives' labels; MCC is then not 0, since that leaves more than chance agreement.
    """
    _, classes = np.unique(np.asarray(gold, dtype=object).astype(str), return_inverse=True)
    triplets = draw_triplets(classes.astype(np.int64), n_triplets, np.random.default_rng(seed))
    if len(triplets.anchors) == 0:
        return None
    shares = [np.bincount(classes[rows], minlength=classes.max() + 1) for rows in triplets]
    anchors, _, negatives = np.array(shares) / n_triplets
    filed = (anchors + negatives) / 2
    chance = anchors @ filed
    return float((0.5 - chance) / np.sqrt((1 - anchors @ anchors) * (1 - filed @ filed)))


def _confidence(turn: LabelledTurn) -> float:
    return turn.confidence
