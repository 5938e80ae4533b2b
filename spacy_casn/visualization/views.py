"""What of a Doc is shown: plain values that outlive it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc, SpanGroup

from ..scoring.valence import by_valence, is_neutral
from ..storage.shown import quoted

CLOSE = 0.15
"""By how much less probable a runner-up may be to be shown beside the label."""


class Score(NamedTuple):
    """A label and its probability."""

    label: str
    value: float


@dataclass(frozen=True)
class TurnView:
    """One turn.

    Args:
        number: From 1.
        text: What is said.
        speaker: Who says it, "" where unknown.
        seat: The speaker's number in the order in which they begin to speak, from 0.
        label: The emotion, "" for none.
        scores: All labels, the most probable first; none where there are no scores.
        gold: The right label, where the turn is shown because its own is wrong.
    """

    number: int
    text: str
    speaker: str
    seat: int
    label: str
    scores: list[Score] = field(default_factory=list)
    gold: str = ""

    @property
    def is_calm(self) -> bool:
        """Whether the turn carries no emotion, or has no label."""
        return is_neutral(self.label)

    @property
    def strength(self) -> float:
        """The label's probability; 1 where there are no scores."""
        return next((score.value for score in self.scores if score.label == self.label), 1.0)

    @property
    def second(self) -> Score | None:
        """The runner-up, where it is nearly as probable as the label."""
        others = (score for score in self.scores if self.label and score.label != self.label)
        second = next(others, None)
        return second if second and second.value >= self.strength - CLOSE else None

    @property
    def initials(self) -> str:
        """At most two letters of the speaker's name, "?" where it is unknown."""
        words = self.speaker.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])) or "?"


@dataclass(frozen=True)
class DialogueView:
    """One dialogue.

    Args:
        title: Its heading.
        language: Code of its language, "" if unknown.
        turns: Its turns.
        labels: The emotions that occur, from the best feeling to the worst.
        speakers: Who speaks, in the order in which they begin; "" for the unknown.
    """

    title: str
    language: str
    turns: list[TurnView]
    labels: list[str]
    speakers: list[str]


def view_dialogue(doc: Doc, *, title: str, spans_key: str) -> DialogueView:
    """Return what is shown of a Doc.

    Raises:
        ValueError: `doc.spans` has no group `spans_key`, but the Doc has text.
    """
    if spans_key not in doc.spans and doc.text.strip():
        groups = ", ".join(f'"{name}"' for name in doc.spans) or "none at all"
        raise ValueError(
            f'The Doc {quoted(doc.text)} has no turns in doc.spans["{spans_key}"]; its groups: '
            f"{groups}. Run a pipeline with casn_emotion on it, or make it with "
            f"spacy_casn.make_dialogue."
        )
    group = doc.spans[spans_key] if spans_key in doc.spans else SpanGroup(doc)
    spans = list(group)
    order = list(group.attrs.get("labels", []))
    scores = _scores(group, len(spans), order)
    seats: dict[str, int] = {}
    turns = [
        TurnView(
            number,
            span.text,
            span.id_,
            seats.setdefault(span.id_, len(seats)),
            span.label_,
            turn_scores,
        )
        for number, (span, turn_scores) in enumerate(zip(spans, scores, strict=True), 1)
    ]
    labels = by_valence(turn.label for turn in turns if turn.label)
    return DialogueView(title, _language(doc), turns, labels, list(seats))


def _scores(group: SpanGroup, turns: int, labels: list[str]) -> list[list[Score]]:
    """Return each turn's scores; none where the group was changed after it got them."""
    values = np.asarray(group.attrs.get("scores", ()), dtype=np.float64)
    if values.shape != (turns, len(labels)):
        return [[] for _ in range(turns)]
    rows = []
    for row, best in zip(values.tolist(), np.argsort(-values, kind="stable").tolist(), strict=True):
        # A turn in which nothing is said has zeros for scores, which mean nothing.
        rows.append([Score(labels[place], row[place]) for place in best] if any(row) else [])
    return rows


def _language(doc: Doc) -> str:
    return "" if doc.lang_ == "xx" else doc.lang_
