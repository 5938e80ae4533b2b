"""Labels that a trained component learns from a few examples, without training."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from spacy.tokens import Span
from torch.nn import functional as F

from ..data.dialogue import check_emotion
from ..data.types import Vectors
from ..objectives.prototypes import Prototypes
from ..scoring.calibration import fit_temperature

TEMPERATURE = 0.1
"""Of the cosines' softmax, where there are too few examples to fit it."""


@dataclass(frozen=True)
class LearnedLabels:
    """Labels as prototypes: a turn's label is the one whose prototype is nearest by cosine.

    Snell et al. 2017, Prototypical Networks for Few-shot Learning.

    Args:
        labels: Their names.
        prototypes: (labels, width), unit vectors.
        temperature: Of the softmax that makes probabilities of the cosines.
    """

    labels: tuple[str, ...]
    prototypes: Vectors
    temperature: float

    @classmethod
    def learn(cls, labels: Iterable[str], vectors: Vectors, classes: list[int]) -> "LearnedLabels":
        """From the vectors of labelled turns.

        The temperature is fitted on the turns, each held against prototypes that are made
        without it, if every label has two turns or more.

        Args:
            labels: Their names.
            vectors: (turns, width).
            classes: (turns,), indices into `labels`; each occurs.
        """
        names = tuple(labels)
        turns, gold = torch.from_numpy(vectors), torch.tensor(classes)
        known = Prototypes(turns, gold, len(names))
        temperature = TEMPERATURE
        if known.counts.min() >= 2:
            left_out = _cosines_left_out(turns, gold, len(names))
            temperature = fit_temperature(left_out.numpy(), gold.numpy())
        return cls(names, known.prototypes.numpy(), temperature)

    def logits(self, vectors: Vectors) -> Vectors:
        """(turns, width) -> (turns, labels)."""
        norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return (vectors / norms) @ self.prototypes.T / np.float32(self.temperature)

    def to_cfg(self) -> dict[str, Any]:
        """As a component's settings hold it."""
        return {
            "labels": list(self.labels),
            "prototypes": self.prototypes.tolist(),
            "temperature": self.temperature,
        }

    @classmethod
    def from_cfg(cls, cfg: dict[str, Any]) -> "LearnedLabels":
        """What `to_cfg` gave."""
        prototypes = np.array(cfg["prototypes"], dtype=np.float32)
        return cls(tuple(cfg["labels"]), prototypes, cfg["temperature"])


def check_examples(examples: Mapping[str, Iterable[str | Span]]) -> list[tuple[str, str | Span]]:
    """Each example with its label.

    Raises:
        ValueError: fewer than two labels, one without a name or with half a character in it,
            or one without examples.
    """
    if len(examples) < 2:
        raise ValueError(f"Only the labels {list(examples)} are given: give examples of two.")
    pairs = []
    for label, turns in examples.items():
        given = [turns] if isinstance(turns, str | Span) else list(turns)
        if not label or not given:
            raise ValueError(
                f"The label '{label}' has {len(given)} examples: give each label a name, and "
                f"one labelled turn or more."
            )
        check_emotion(label, "to be learned")
        pairs += [(label, turn) for turn in given]
    return pairs


def _cosines_left_out(turns: torch.Tensor, gold: torch.Tensor, n_labels: int) -> torch.Tensor:
    """Each turn's cosines to prototypes that are made of the other turns, (turns, labels)."""
    units = F.normalize(turns, dim=1)
    members = F.one_hot(gold, n_labels).to(units.dtype)
    sums = (members.T @ units).expand(len(turns), -1, -1)
    others = F.normalize(sums - members[:, :, None] * units[:, None, :], dim=2)
    return torch.einsum("tlw,tw->tl", others, units)
