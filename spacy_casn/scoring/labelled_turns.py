"""The table that every figure is taken from: one row for each turn that has a gold label."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.training import Example

from ..data.dialogue import SPANS_KEY, gold_labels
from ..data.types import Vectors

Classes = NDArray[np.int64]


@dataclass(frozen=True)
class LabelledTurns:
    """Turns that have a gold label, in order, and what a pipeline made of them.

    Args:
        labels: All labels that occur or are known, sorted.
        gold: (turns,), places in `labels`.
        predicted: (turns,), places in `labels`; `len(labels)` for a turn left without label.
        n_dialogues: How many dialogues there are, those without labelled turns too.
        dialogues: (turns,), the number of each turn's dialogue, from 0.
        places: (turns,), the place of each turn in its dialogue, from 0.
        scores: (turns, labels), the probabilities; NaN for turns that have none.
        vectors: (turns, width), the contextual vectors; of width 0 where they aren't known.
    """

    labels: tuple[str, ...]
    gold: Classes
    predicted: Classes
    n_dialogues: int
    dialogues: Classes
    places: Classes
    scores: Vectors
    vectors: Vectors

    @classmethod
    def of_labels(
        cls,
        gold: Sequence[Sequence[str]],
        predicted: Sequence[Sequence[str]],
        *,
        known: Iterable[str] = (),
        scores: Sequence[Vectors | None] | None = None,
        vectors: Sequence[Vectors] | None = None,
    ) -> "LabelledTurns":
        """Make the table of some dialogues.

        Args:
            gold: For each dialogue the gold labels of its turns; one without ("") counts nowhere.
            predicted: Likewise, "" for a turn left without label.
            known: Labels that don't have to occur; all that the scores are of.
            scores: For each dialogue the probabilities, (turns, known labels), or None.
            vectors: For each dialogue the contextual vectors, (turns, width).
        """
        known = tuple(known)
        pairs = [list(zip(*turns, strict=True)) for turns in zip(gold, predicted, strict=True)]
        kept = [[place for place, (label, _) in enumerate(turns) if label] for turns in pairs]
        found = [pairs[number][place] for number, rows in enumerate(kept) for place in rows]
        labels = tuple(sorted({*known, *(label for pair in found for label in pair)} - {""}))
        index = {label: place for place, label in enumerate([*labels, ""])}
        table = np.full((len(found), len(labels)), np.nan, np.float32)
        start = 0
        for rows, given in zip(kept, scores or [None] * len(kept), strict=True):
            if given is not None:
                table[start : start + len(rows)] = 0.0
                columns = [index[label] for label in known]
                table[start : start + len(rows), columns] = given[rows]
            start += len(rows)
        return cls(
            labels,
            np.array([index[label] for label, _ in found], np.int64),
            np.array([index[label] for _, label in found], np.int64),
            len(kept),
            np.repeat(np.arange(len(kept)), list(map(len, kept))),
            np.array([place for rows in kept for place in rows], np.int64),
            table,
            np.concatenate([given[rows] for given, rows in zip(vectors, kept, strict=True)])
            if vectors
            else np.empty((len(found), 0), np.float32),
        )

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def gold_labels(self) -> list[str]:
        """The gold label of each turn."""
        return [self.labels[place] for place in self.gold]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Whether each turn has probabilities, (turns,)."""
        return ~np.isnan(self.confidences)

    @property
    def best(self) -> Classes:
        """The most probable label of each turn, (turns,); of no meaning without probabilities."""
        return self.scores.argmax(axis=1) if len(self) else self.gold

    @property
    def confidences(self) -> Vectors:
        """The probability of each turn's most probable label, (turns,); NaN without any."""
        return self.scores.max(axis=1) if len(self) else np.empty(0, np.float32)


def labelled_turns(
    examples: Iterable[Example],
    spans_key: str = SPANS_KEY,
    vectors: Sequence[Vectors] | None = None,
) -> LabelledTurns:
    """Make the table of predicted Docs and gold ones.

    Args:
        examples: The dialogues, all predicted by one pipeline or not at all.
        spans_key: Name of the span group.
        vectors: For each dialogue the contextual vectors of its turns, (turns, width).

    Raises:
        ValueError: a labelled gold turn has no counterpart among the predicted ones.
    """
    gold: list[list[str]] = []
    predicted: list[list[str]] = []
    scores: list[Vectors | None] = []
    known: list[str] = []
    for example in examples:
        spans = example.predicted.spans.get(spans_key)
        turns = [] if spans is None else list(spans)
        attrs = {} if spans is None else spans.attrs
        gold.append(gold_labels(example, turns, spans_key))
        predicted.append([turn.label_ for turn in turns])
        scores.append(attrs.get("scores"))
        known = attrs.get("labels", known)
    return LabelledTurns.of_labels(gold, predicted, known=known, scores=scores, vectors=vectors)
