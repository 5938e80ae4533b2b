"""Cross-entropy on the gold labels, whole or shared."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .base import class_weights


@dataclass(eq=False)
class BalancedCrossEntropy:
    """Cross-entropy weighted by the imbalance that is left in each batch.

    A class's weight is its inverse frequency in the batch ** `power`.

    Args:
        power: 0 weighs all turns alike, 1 all classes alike.

    Raises:
        ValueError: `power` is out of its range.
    """

    power: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.power <= 1:
            raise ValueError(f"power = {self.power} of {type(self).__name__} must lie from 0 to 1.")

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)
        return F.cross_entropy(logits, classes, weight=weights)


@dataclass(eq=False)
class SoftCrossEntropy(BalancedCrossEntropy):
    """Cross-entropy on the shares of labels that turns carry, where several would be right.

    A turn weighs as its gold class does: the class's inverse frequency in the batch ** `power`.
    For a turn without shares, its gold class is the whole label.

    Args:
        power: 0 weighs all turns alike, 1 all classes alike.

    Raises:
        ValueError: `power` is out of its range.
    """

    power: float = 0.0

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        if taught is None:
            return super().__call__(vectors, logits, classes)
        whole = F.one_hot(classes, logits.shape[1]).to(logits.dtype)
        losses = F.cross_entropy(
            logits, torch.where(taught.isnan(), whole, taught), reduction="none"
        )
        weights = class_weights(classes, logits.shape[1], self.power)[classes]
        return (weights * losses).sum() / weights.sum()
