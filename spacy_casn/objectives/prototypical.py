"""Every turn against the means of the classes."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .base import TemperedObjective, class_weights


@dataclass(eq=False)
class Prototypical(TemperedObjective):
    """Every turn against the classes' means, its own class's without the turn itself.

    Snell et al. 2017, Prototypical Networks, equation 2, with cosines and the batch as its
    own support set.
    """

    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        present, classes, counts = classes.unique(return_inverse=True, return_counts=True)
        repeated = counts[classes] > 1
        if not repeated.any() or len(present) < 2:
            return vectors.sum() * 0.0
        vectors = F.normalize(vectors, dim=1)
        members = F.one_hot(classes, len(present)).to(vectors.dtype)
        sums = members.T @ vectors  # (classes, width)
        cosines = vectors @ F.normalize(sums, dim=1).T
        others = F.normalize(sums[classes] - vectors, dim=1)
        own = (vectors * others).sum(dim=1, keepdim=True)
        logits = torch.where(members.bool(), own, cosines) / self.temperature
        weights = class_weights(classes[repeated], len(present), power=1.0)
        return F.cross_entropy(logits[repeated], classes[repeated], weight=weights)
