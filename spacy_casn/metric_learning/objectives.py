"""Training objectives on contextual vectors and emotion logits, in pure PyTorch."""

from typing import Protocol

import torch
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer
from torch import Tensor
from torch.nn import functional as F

from .miners import Distance, Mining, build_distance, build_miner


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

    A class's weight is its inverse frequency in the batch ** `power`: 0 weighs all turns
    alike, 1 all classes alike.
    """

    def __init__(self, power: float) -> None:
        if not 0 <= power <= 1:
            raise ValueError(f"power = {power} of BalancedCrossEntropy must lie from 0 to 1.")
        self.power = power

    def __call__(self, vectors: Tensor, logits: Tensor, classes: Tensor) -> Tensor:
        weights = class_weights(classes, logits.shape[1], self.power)
        return F.cross_entropy(logits, classes, weight=weights)


class Triplet:
    """Triplet margin loss on contextual vectors, with cross-entropy beside it.

    One Siamese tower encodes anchors, positives and negatives (Schroff et al. 2015,
    FaceNet, equation 1). At most `turns_per_class` turns of each class take part in a
    batch, and each anchor class weighs the same, so that the neutral class does not rule.
    The cross-entropy keeps the classifier fitting to the vectors as they move.
    """

    def __init__(
        self,
        *,
        mining: Mining,
        margin: float,
        distance: Distance,
        weight: float,
        turns_per_class: int,
        cross_entropy: Objective,
        seed: int,
    ) -> None:
        if margin <= 0 or weight <= 0 or turns_per_class < 2:
            raise ValueError(
                f"margin = {margin} and weight = {weight} of Triplet must be above 0, and "
                f"turns_per_class = {turns_per_class} at least 2."
            )
        self.distance = build_distance(distance)
        self.miner = build_miner(mining, margin, self.distance, seed)
        self.margin = margin
        self.weight = weight
        self.turns_per_class = turns_per_class
        self.cross_entropy = cross_entropy
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, vectors: Tensor, logits: Tensor, classes: Tensor) -> Tensor:
        cross_entropy = self.cross_entropy(vectors, logits, classes)
        return cross_entropy + self.weight * self.triplet_loss(vectors, classes)

    def triplet_loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        """The triplet term alone; zero, still on the graph, where no triplet is found."""
        rows = self._at_most_per_class(classes)
        vectors, classes = vectors[rows], classes[rows]
        triplets = self.miner(vectors, classes)
        if len(triplets[0]) == 0:
            return vectors.sum() * 0.0
        weights = class_weights(classes[triplets[0]], int(classes.max()) + 1, power=1.0)
        loss = TripletMarginLoss(
            margin=self.margin, distance=self.distance, reducer=ClassWeightedReducer(weights)
        )
        return loss(vectors, classes, triplets)

    def _at_most_per_class(self, classes: Tensor) -> Tensor:
        """Rows of a random choice of at most `turns_per_class` turns of each class."""
        order = torch.randperm(len(classes), generator=self.generator).to(classes.device)
        kept = [
            order[classes[order] == value][: self.turns_per_class] for value in classes.unique()
        ]
        return torch.cat(kept)


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


def triplet_v1(
    cross_entropy: Objective,
    mining: Mining = "batch-hard",
    margin: float = 0.2,
    distance: Distance = "cosine",
    weight: float = 1.0,
    turns_per_class: int = 16,
    seed: int = 0,
) -> Objective:
    """Registered as `spacy_casn.Triplet.v1`.

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
        mining=mining,
        margin=margin,
        distance=distance,
        weight=weight,
        turns_per_class=turns_per_class,
        cross_entropy=cross_entropy,
        seed=seed,
    )
