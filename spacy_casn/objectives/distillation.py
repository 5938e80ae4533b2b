"""A teacher's probabilities beside the gold labels."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .base import Objective


@dataclass(eq=False)
class Distillation:
    """A share of cross-entropy on gold labels, the rest on a teacher's probabilities.

    Hinton et al. 2015, Distilling the Knowledge in a Neural Network, section 2: teacher and
    student are compared at a temperature, whose square makes up for the smaller gradients. The
    corpus holds the probabilities, as `python -m spacy casn teach` writes them.

    Args:
        cross_entropy: The objective on the gold labels.
        weight: The teacher's share, above 0 and at most 1.
        temperature: Above 1 it brings out what the teacher holds for less probable.

    Raises:
        ValueError: a setting is out of its range; when called, no teacher's probabilities.
    """

    cross_entropy: Objective
    weight: float = 0.7
    temperature: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1 or self.temperature <= 0:
            raise ValueError(
                f"weight = {self.weight} of Distillation must be above 0 and at most 1, and "
                f"temperature = {self.temperature} above 0."
            )

    def __call__(
        self, vectors: Tensor, logits: Tensor, classes: Tensor, taught: Tensor | None = None
    ) -> Tensor:
        missing = len(classes) if taught is None else int(taught[:, 0].isnan().sum())
        if taught is None or missing:
            raise ValueError(
                f"Distillation met {missing} turns without a teacher's probabilities of the "
                f"labels that are trained: write them with `python -m spacy casn teach`, and train "
                f"on that file."
            )
        gold = self.cross_entropy(vectors, logits, classes)
        tiny = torch.finfo(taught.dtype).tiny
        teacher = F.log_softmax(taught.clamp(min=tiny).log() / self.temperature, dim=1)
        student = F.log_softmax(logits / self.temperature, dim=1)
        divergence = F.kl_div(student, teacher, log_target=True, reduction="batchmean")
        return (1 - self.weight) * gold + self.weight * self.temperature**2 * divergence
