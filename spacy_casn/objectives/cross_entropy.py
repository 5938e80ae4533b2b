"""Cross-entropy on the gold labels."""

from dataclasses import dataclass

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
            raise ValueError(f"power = {self.power} of BalancedCrossEntropy must lie from 0 to 1.")

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)
        return F.cross_entropy(logits, classes, weight=weights)
