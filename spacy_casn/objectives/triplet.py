"""Triplets of anchor, positive and negative."""

from dataclasses import dataclass

from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer
from torch import Tensor

from ..scoring.triplets import Distance
from .base import MetricObjective, class_weights
from .miners import Mining, build_distance, build_miner


@dataclass(eq=False)
class Triplet(MetricObjective):
    """Triplet margin loss; one Siamese tower encodes anchors, positives and negatives.

    Schroff et al. 2015, FaceNet, equation 1. Classes are balanced by their anchors.

    Args:
        mining: `uniform` draws triplets at random, with uniform classes; `semi-hard` takes all
            whose negative is farther than the positive, but within the margin; `batch-hard`
            takes each anchor's farthest positive and nearest negative.
        margin: How much nearer than the negative the positive is to lie.
        distance: `cosine` or `euclidean`.
        seed: Of the choice of the turns that take part, and of uniform triplets.
    """

    turns_per_class: int = 16
    mining: Mining = "batch-hard"
    margin: float = 0.2
    distance: Distance = "cosine"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.margin <= 0:
            raise ValueError(f"margin = {self.margin} of Triplet must be above 0.")
        self.metric = build_distance(self.distance)
        self.miner = build_miner(self.mining, self.margin, self.metric, self.seed)

    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        triplets = self.miner(vectors, classes)
        if len(triplets[0]) == 0:
            return vectors.sum() * 0.0
        weights = class_weights(classes[triplets[0]], int(classes.max()) + 1, power=1.0)
        loss = TripletMarginLoss(
            margin=self.margin, distance=self.metric, reducer=ClassWeightedReducer(weights)
        )
        return loss(vectors, classes, triplets)
