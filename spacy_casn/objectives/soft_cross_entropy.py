"""Cross-entropy on labels that may be shared."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .base import class_weights


@dataclass(eq=False)
class SoftCrossEntropy:
    """Cross-entropy on the shares of labels that turns carry, where several would be right.

    A turn weighs as its gold class does: the class's inverse frequency in the batch ** `power`.
    For a turn without shares, its gold class is the whole label.

    Args:
        power: 0 weighs all turns alike, 1 all classes alike.

    Raises:
        ValueError: `power` is out of its range.
    """

    power: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.power <= 1:
            raise ValueError(f"power = {self.power} of SoftCrossEntropy must lie from 0 to 1.")

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)[classes]
        shares = F.one_hot(classes, logits.shape[1]).to(logits.dtype)
        if taught is not None:
            shares = torch.where(taught.isnan(), shares, taught)
        losses = -(shares * F.log_softmax(logits, dim=1)).sum(dim=1)
        return (weights * losses).sum() / weights.sum()
