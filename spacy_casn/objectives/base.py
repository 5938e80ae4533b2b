"""What training minimizes: the protocol, and what several objectives share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Objective(Protocol):
    """A loss over the labelled turns of a batch."""

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        """Take the loss.

        Args:
            vectors: (turns, width) contextual vectors.
            logits: (turns, labels) emotion logits.
            classes: (turns,) gold classes.
            taught: (turns, labels) probabilities that the turns carry, NaN for a turn without;
                None where no turn has any.

        Returns:
            The loss, a scalar on the graph of its inputs.
        """
        ...


def check_without_weights(objective: object) -> None:
    """Raise ValueError if an objective, or one that it uses, has weights, which nothing trains.

    Such are ArcFace's and other losses that learn a vector for each class.
    """
    parts = [objective, *vars(objective).values()] if hasattr(objective, "__dict__") else []
    for part in parts:
        if isinstance(part, torch.nn.Module) and next(part.parameters(), None) is not None:
            raise ValueError(
                f"The objective {type(objective).__name__} uses {type(part).__name__}, which has "
                f"weights of its own that no optimizer trains: take a loss without any."
            )
        if part is not objective and isinstance(part, Objective):
            check_without_weights(part)


@dataclass(eq=False)
class MetricObjective(ABC):
    """A metric loss plus the cross-entropy that keeps the classifier fitting to the vectors.

    At most `turns_per_class` turns of each class take part in a batch's metric loss, and in
    it each class weighs the same, so that the neutral class does not rule.

    Args:
        cross_entropy: The objective that trains the classifier beside the metric loss.
        weight: Of the metric loss beside the cross-entropy.
        turns_per_class: How many turns of a class take part in a batch, at most.
        seed: Of the choice of these turns.

    Raises:
        ValueError: a setting is out of its range.
    """

    cross_entropy: Objective
    weight: float = 1.0
    turns_per_class: int = 64
    seed: int = 0
    generator: torch.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.weight <= 0 or self.turns_per_class < 2:
            raise ValueError(
                f"weight = {self.weight} of {type(self).__name__} must be above 0, and "
                f"turns_per_class = {self.turns_per_class} at least 2."
            )
        self.generator = torch.Generator().manual_seed(self.seed)

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        cross_entropy = self.cross_entropy(vectors, logits, classes, taught)
        return cross_entropy + self.weight * self.metric_loss(vectors, classes)

    def metric_loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        """Take the metric term alone; zero, still on the graph, where a batch gives none."""
        rows = self._at_most_per_class(classes)
        return self._loss(vectors[rows], classes[rows])

    @abstractmethod
    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        """Take the loss over the chosen turns: (turns, width) and (turns,)."""

    def _at_most_per_class(self, classes: Tensor) -> Tensor:
        """Choose the rows of at most `turns_per_class` turns of each class, at random."""
        order = torch.randperm(len(classes), generator=self.generator).to(classes.device)
        kept = [
            order[classes[order] == value][: self.turns_per_class] for value in classes.unique()
        ]
        return torch.cat(kept)


@dataclass(eq=False)
class TemperedObjective(MetricObjective):
    """A metric objective on cosines.

    Args:
        temperature: Divides the cosines; a small one sharpens.
    """

    temperature: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature <= 0:
            raise ValueError(
                f"temperature = {self.temperature} of {type(self).__name__} must be above 0."
            )


def class_weights(classes: Tensor, n_classes: int, power: float) -> Tensor:
    """Weigh each class by its inverse frequency ** power, (n_classes,), mean 1 over `classes`.

    Classes that don't occur weigh 0.
    """
    counts = torch.bincount(classes, minlength=n_classes).float()
    weights = torch.where(counts > 0, counts.clamp(min=1) ** -power, 0.0)
    return weights * len(classes) / (weights @ counts)
