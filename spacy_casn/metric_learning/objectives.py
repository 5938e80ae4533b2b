"""What training minimizes: the protocol, and cross-entropy on the emotions' logits."""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Objective(Protocol):
    """A loss over the labelled turns of a batch."""

    def __call__(self, vectors: Tensor, logits: Tensor, classes: Tensor) -> Tensor:
        """Args:
            vectors: (turns, width) contextual vectors.
            logits: (turns, labels) emotion logits.
            classes: (turns,) gold classes.

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

    def __call__(self, vectors: Tensor, logits: Tensor, classes: Tensor) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)
        return F.cross_entropy(logits, classes, weight=weights)


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
