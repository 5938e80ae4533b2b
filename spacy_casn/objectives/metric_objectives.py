"""Objectives on the distances of contextual vectors, with cross-entropy beside them."""

from abc import ABC, abstractmethod

import torch
from pytorch_metric_learning.losses import SupConLoss, TripletMarginLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer
from torch import Tensor
from torch.nn import functional as F

from ..scoring.triplets import Distance
from .miners import Mining, build_distance, build_miner
from .objectives import Objective, class_weights


class MetricObjective(ABC):
    """A metric loss plus the cross-entropy that keeps the classifier fitting to the vectors.

    At most `turns_per_class` turns of each class take part in a batch's metric loss, and in
    it each class weighs the same, so that the neutral class does not rule.

    Args:
        cross_entropy: The objective that trains the classifier.
        weight: Of the metric loss beside the cross-entropy.
        turns_per_class: How many turns of a class take part in a batch, at most.
        seed: Of the choice of these turns.

    Raises:
        ValueError: a setting is out of its range.
    """

    def __init__(
        self, cross_entropy: Objective, *, weight: float, turns_per_class: int, seed: int
    ) -> None:
        if weight <= 0 or turns_per_class < 2:
            raise ValueError(
                f"weight = {weight} of {type(self).__name__} must be above 0, and "
                f"turns_per_class = {turns_per_class} at least 2."
            )
        self.cross_entropy = cross_entropy
        self.weight = weight
        self.turns_per_class = turns_per_class
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        cross_entropy = self.cross_entropy(vectors, logits, classes, taught)
        return cross_entropy + self.weight * self.metric_loss(vectors, classes)

    def metric_loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        """The metric term alone; zero, still on the graph, where a batch gives none."""
        rows = self._at_most_per_class(classes)
        return self._loss(vectors[rows], classes[rows])

    @abstractmethod
    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        """The loss over the chosen turns: (turns, width) and (turns,)."""

    def _at_most_per_class(self, classes: Tensor) -> Tensor:
        """Rows of a random choice of at most `turns_per_class` turns of each class."""
        order = torch.randperm(len(classes), generator=self.generator).to(classes.device)
        kept = [
            order[classes[order] == value][: self.turns_per_class] for value in classes.unique()
        ]
        return torch.cat(kept)


class Triplet(MetricObjective):
    """Triplet margin loss; one Siamese tower encodes anchors, positives and negatives.

    Schroff et al. 2015, FaceNet, equation 1. Classes are balanced by their anchors.
    """

    def __init__(
        self,
        cross_entropy: Objective,
        *,
        mining: Mining,
        margin: float,
        distance: Distance,
        weight: float,
        turns_per_class: int,
        seed: int,
    ) -> None:
        super().__init__(cross_entropy, weight=weight, turns_per_class=turns_per_class, seed=seed)
        if margin <= 0:
            raise ValueError(f"margin = {margin} of Triplet must be above 0.")
        self.distance = build_distance(distance)
        self.miner = build_miner(mining, margin, self.distance, seed)
        self.margin = margin

    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        triplets = self.miner(vectors, classes)
        if len(triplets[0]) == 0:
            return vectors.sum() * 0.0
        weights = class_weights(classes[triplets[0]], int(classes.max()) + 1, power=1.0)
        loss = TripletMarginLoss(
            margin=self.margin, distance=self.distance, reducer=ClassWeightedReducer(weights)
        )
        return loss(vectors, classes, triplets)


class TemperedObjective(MetricObjective):
    """A metric objective on cosines.

    Args:
        temperature: Divides the cosines; a small one sharpens.
    """

    def __init__(
        self,
        cross_entropy: Objective,
        *,
        temperature: float,
        weight: float,
        turns_per_class: int,
        seed: int,
    ) -> None:
        super().__init__(cross_entropy, weight=weight, turns_per_class=turns_per_class, seed=seed)
        if temperature <= 0:
            raise ValueError(
                f"temperature = {temperature} of {type(self).__name__} must be above 0."
            )
        self.temperature = temperature


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


def triplet_v1(
    cross_entropy: Objective,
    mining: Mining = "batch-hard",
    margin: float = 0.2,
    distance: Distance = "cosine",
    weight: float = 1.0,
    turns_per_class: int = 16,
    seed: int = 0,
) -> Objective:
    """Registered as `spacy_casn.Triplet.v1`; see `Triplet`.

    Args:
        cross_entropy: The objective that trains the classifier beside the triplets.
        mining: `uniform` draws triplets at random, with uniform classes; `semi-hard` takes all
            whose negative is farther than the positive, but within the margin; `batch-hard`
            takes each anchor's farthest positive and nearest negative.
        margin: How much nearer than the negative the positive is to lie.
        distance: `cosine` or `euclidean`.
        weight: Of the triplet loss beside the cross-entropy.
        turns_per_class: How many turns of a class take part in a batch, at most.
        seed: Of the choice of these turns and of uniform triplets.

    Raises:
        ValueError: a setting is out of its range.
    """
    return Triplet(
        cross_entropy,
        mining=mining,
        margin=margin,
        distance=distance,
        weight=weight,
        turns_per_class=turns_per_class,
        seed=seed,
    )


def supervised_contrastive_v1(
    cross_entropy: Objective,
    temperature: float = 0.1,
    weight: float = 1.0,
    turns_per_class: int = 64,
    seed: int = 0,
) -> Objective:
    """Registered as `spacy_casn.SupervisedContrastive.v1`; see `SupervisedContrastive`."""
    return SupervisedContrastive(
        cross_entropy,
        temperature=temperature,
        weight=weight,
        turns_per_class=turns_per_class,
        seed=seed,
    )


def prototypical_v1(
    cross_entropy: Objective,
    temperature: float = 0.1,
    weight: float = 1.0,
    turns_per_class: int = 64,
    seed: int = 0,
) -> Objective:
    """Registered as `spacy_casn.Prototypical.v1`; see `Prototypical`."""
    return Prototypical(
        cross_entropy,
        temperature=temperature,
        weight=weight,
        turns_per_class=turns_per_class,
        seed=seed,
    )
