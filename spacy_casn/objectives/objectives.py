"""What training minimizes: the protocol, and what it asks of the emotions' logits."""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Objective(Protocol):
    """A loss over the labelled turns of a batch."""

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        """Args:
            vectors: (turns, width) contextual vectors.
            logits: (turns, labels) emotion logits.
            classes: (turns,) gold classes.
            taught: (turns, labels) probabilities of a teacher, where the corpus has them.

        Returns:
            The loss, a scalar on the graph of its inputs.
        """
        ...


class BalancedCrossEntropy:
    """Cross-entropy weighted by the imbalance that is left in each batch.

    A class's weight is its inverse frequency in the batch ** `power`.

    Args:
        power: 0 weighs all turns alike, 1 all classes alike.
    """

    def __init__(self, power: float) -> None:
        if not 0 <= power <= 1:
            raise ValueError(f"power = {power} of BalancedCrossEntropy must lie from 0 to 1.")
        self.power = power

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)
        return F.cross_entropy(logits, classes, weight=weights)


class Distillation:
    """A share of cross-entropy on gold labels, the rest on a teacher's probabilities.

    Hinton et al. 2015, Distilling the Knowledge in a Neural Network, section 2: teacher and
    student are compared at a temperature, whose square makes up for the smaller gradients. The
    corpus holds the probabilities, as `python -m spacy casn teach` writes them.

    Args:
        cross_entropy: The objective on the gold labels.
        weight: The teacher's share, above 0 and at most 1.
        temperature: Above 1 it brings out what the teacher holds for less probable.
    """

    def __init__(self, cross_entropy: Objective, *, weight: float, temperature: float) -> None:
        if not 0 < weight <= 1 or temperature <= 0:
            raise ValueError(
                f"weight = {weight} of Distillation must be above 0 and at most 1, and "
                f"temperature = {temperature} above 0."
            )
        self.cross_entropy = cross_entropy
        self.weight = weight
        self.temperature = temperature

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        if taught is None:
            raise ValueError(
                f"Distillation met {len(classes)} turns without a teacher's probabilities of the "
                f"labels that are trained: write them with `python -m spacy casn teach`, and train "
                f"on that file."
            )
        gold = self.cross_entropy(vectors, logits, classes)
        tiny = torch.finfo(taught.dtype).tiny
        teacher = F.log_softmax(taught.clamp(min=tiny).log() / self.temperature, dim=1)
        student = F.log_softmax(logits / self.temperature, dim=1)
        divergence = F.kl_div(student, teacher, log_target=True, reduction="batchmean")
        return (1 - self.weight) * gold + self.weight * self.temperature**2 * divergence


def class_weights(classes: Tensor, n_classes: int, power: float) -> Tensor:
    """Inverse frequency ** power of each class, (n_classes,), with mean 1 over `classes`.

    Classes that don't occur weigh 0.
    """
    counts = torch.bincount(classes, minlength=n_classes).float()
    weights = torch.where(counts > 0, counts.clamp(min=1) ** -power, 0.0)
    return weights * len(classes) / (weights @ counts)


def balanced_cross_entropy_v1(power: float = 0.2) -> Objective:
    """Registered as `spacy_casn.BalancedCrossEntropy.v1`; see `BalancedCrossEntropy`."""
    return BalancedCrossEntropy(power)


def distillation_v1(
    cross_entropy: Objective, weight: float = 0.7, temperature: float = 2.0
) -> Objective:
    """Registered as `spacy_casn.Distillation.v1`; see `Distillation`."""
    return Distillation(cross_entropy, weight=weight, temperature=temperature)
