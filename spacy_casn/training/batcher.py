"""Batches of dialogues, drawn so that rare emotions come more often."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from spacy.training import Example

from ..data.dialogue import SPANS_KEY


class BalancedDialogues:
    """Draws as many dialogues as there are, with replacement, and batches them by turns.

    A dialogue's weight is the mean, over its labelled turns, of the label's inverse
    frequency ** `power`. spaCy calls a batcher every epoch, so each epoch draws anew.

    Args:
        size: Turns a batch; a longer dialogue is a batch of its own.
        power: 0 shuffles, so that every dialogue comes once; 1 is full inverse frequency.
        seed: Of the draws.
        spans_key: Name of the span group.
    """

    def __init__(
        self, size: int, *, power: float = 0.0, seed: int = 0, spans_key: str = SPANS_KEY
    ) -> None:
        if size < 1 or not 0 <= power <= 1:
            raise ValueError(f"size = {size} must be at least 1, and power = {power} from 0 to 1.")
        self.size = size
        self.power = power
        self.spans_key = spans_key
        self.rng = np.random.default_rng(seed)

    def __call__(self, examples: Iterable[Example]) -> Iterator[list[Example]]:
        examples = list(examples)
        labels = [
            [turn.label_ for turn in example.reference.spans.get(self.spans_key, [])]
            for example in examples
        ]
        batch: list[Example] = []
        turns = 0
        for row in self._draw(labels):
            if batch and turns + len(labels[row]) > self.size:
                yield batch
                batch, turns = [], 0
            batch.append(examples[row])
            turns += len(labels[row])
        if batch:
            yield batch

    def _draw(self, labels: list[list[str]]) -> np.ndarray:
        if self.power == 0:
            return self.rng.permutation(len(labels))
        counts = Counter(label for turns in labels for label in turns if label)
        weights = np.array(
            [
                np.mean([counts[label] ** -self.power for label in turns if label] or [0.0])
                for turns in labels
            ]
        )
        if not weights.any():
            return self.rng.permutation(len(labels))
        return self.rng.choice(len(labels), len(labels), p=weights / weights.sum())


def make_balanced_dialogues_v1(
    size: int = 512, power: float = 0.3, seed: int = 0, spans_key: str = SPANS_KEY
) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
    """Make `spacy_casn.balanced_dialogues.v1`; see `BalancedDialogues`."""
    return BalancedDialogues(size, power=power, seed=seed, spans_key=spans_key)
