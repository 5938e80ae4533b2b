"""Every turn against all others of the batch."""

from dataclasses import dataclass

import torch
from pytorch_metric_learning.losses import SupConLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer
from torch import Tensor

from .base import TemperedObjective, class_weights


@dataclass(eq=False)
class SupervisedContrastive(TemperedObjective):
    """Every turn against all others of the batch: its own class near, the rest far.

    Khosla et al. 2020, Supervised Contrastive Learning, equation 2, with cosines.
    """

    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        repeated = torch.bincount(classes)[classes] > 1
        if not repeated.any() or len(classes.unique()) < 2:
            return vectors.sum() * 0.0
        # A turn that is alone in its class has no positive: it is a negative only.
        weights = class_weights(classes[repeated], int(classes.max()) + 1, power=1.0)
        weights = weights * len(classes) / repeated.sum()
        loss = SupConLoss(temperature=self.temperature, reducer=ClassWeightedReducer(weights))
        return loss(vectors, classes)
