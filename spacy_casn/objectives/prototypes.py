"""Decisions by distance: the nearest class mean in the metric space."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F


class Prototypes:
    """The mean of each class's unit vectors (Snell et al. 2017, Prototypical Networks).

    Args:
        vectors: (turns, width).
        classes: (turns,), the class of each turn.
        n_classes: How many classes there are; one without turns is never decided for.
    """

    def __init__(self, vectors: Tensor, classes: Tensor, n_classes: int) -> None:
        members = F.one_hot(classes, n_classes).to(vectors.dtype)
        means = members.T @ F.normalize(vectors, dim=1)
        self.prototypes = F.normalize(means, dim=1)
        self.counts = members.sum(dim=0)

    def cosines(self, vectors: Tensor) -> Tensor:
        """Return how near each turn is to each prototype, (turns, classes), -1 to 1."""
        cosines = F.normalize(vectors, dim=1) @ self.prototypes.T
        return cosines.masked_fill(self.counts == 0, -1.0)

    def log_prior(self) -> NDArray[np.float64]:
        """Return the logarithm of each class's share of the turns, (classes,)."""
        return np.log(np.maximum(self.counts.numpy(), 0.5) / self.counts.sum().item())
