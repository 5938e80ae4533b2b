"""From scores to labels on a Doc's turns."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc, Span, SpanGroup

from ..data.dialogue import silent_turns
from ..data.types import Scores, Turns
from ..storage.shown import quoted


class Prediction(NamedTuple):
    """One dialogue's turns and their probabilities, (turns, labels)."""

    turns: Turns
    scores: Scores


class ContextShare(NamedTuple):
    """What the turns before contribute to a turn's scores."""

    with_context: dict[str, float]
    """The probability of each label, as the turn stands in its dialogue."""
    without_context: dict[str, float]
    """The same where the turns before are hidden."""

    @property
    def change(self) -> float:
        """How much probability moves to other labels when the turns before are hidden, 0 to 1."""
        pairs = zip(self.with_context.values(), self.without_context.values(), strict=True)
        return sum(abs(seen - hidden) for seen, hidden in pairs) / 2


def decide(scores: Scores, labels: Sequence[str], abstain_below: float) -> str:
    """Return the most probable label, "" where it has less than `abstain_below`."""
    best = int(scores.argmax())
    return labels[best] if scores[best] >= abstain_below else ""


def annotate(
    docs: Iterable[Doc],
    predictions: Sequence[Prediction],
    *,
    labels: Sequence[str],
    spans_key: str,
    abstain_below: float,
) -> None:
    """Write labels and scores into each `doc.spans[spans_key]`.

    A turn in which nothing is said gets no label, and scores of 0.
    """
    if not predictions:
        return
    scores = np.concatenate([prediction.scores for prediction in predictions])
    silent = np.array([row for turns, _ in predictions for row in silent_turns(turns)], bool)
    scores[silent] = 0
    sure = ~silent & (scores.max(axis=1) >= abstain_below)
    given = np.where(sure, scores.argmax(axis=1), len(labels)).tolist()
    begin = 0
    for doc, (turns, _) in zip(docs, predictions, strict=True):
        end = begin + len(turns)
        names = [*map(doc.vocab.strings.add, labels), 0]
        spans = [
            Span(doc, turn.start, turn.end, names[label], kb_id=turn.kb_id, span_id=turn.id)
            for turn, label in zip(turns, given[begin:end], strict=True)
        ]
        before = doc.spans[spans_key].attrs if spans_key in doc.spans else {}
        attrs = {**before, "scores": scores[begin:end].copy(), "labels": list(labels)}
        doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=spans, attrs=attrs)
        begin = end


def row_of(turn: Span, turns: Sequence[Span]) -> int:
    """Return the place of a turn among its dialogue's turns.

    Raises:
        ValueError: it is none of them.
    """
    for row, other in enumerate(turns):
        if (other.start, other.end) == (turn.start, turn.end):
            return row
    raise ValueError(
        f"{quoted(turn.text)} is no turn of the dialogue {quoted(turn.doc.text)}: give one of the "
        f"spans in its doc.spans."
    )
