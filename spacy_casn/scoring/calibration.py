"""Probabilities that mean what they say, fitted on dialogues that training didn't see."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

BINS = 15


def fit_temperature(
    logits: NDArray[np.float32],
    classes: NDArray[np.int64],
    offsets: NDArray[np.float32] | None = None,
) -> float:
    """Fit the temperature under which the gold classes are most probable, from 0.05 to 20.

    Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.

    Args:
        logits: (turns, labels).
        classes: (turns,), the gold classes.
        offsets: (turns, labels), what is added to the tempered logits, such as a prior.
    """
    scores, gold = torch.from_numpy(logits).double(), torch.from_numpy(classes)
    added = torch.zeros(1) if offsets is None else torch.from_numpy(offsets)
    log_temperature = torch.zeros(1, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        # A classifier that is always right would want 0, one that knows nothing infinity.
        temperature = log_temperature.clamp(np.log(0.05), np.log(20)).exp()
        value = F.cross_entropy(scores / temperature + added, gold)
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().clamp(np.log(0.05), np.log(20)).exp())


class Bin(NamedTuple):
    """Turns of about the same confidence."""

    confidence: float
    """Their mean, 0 to 1."""
    accuracy: float
    turns: int


def calibration_bins(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> list[Bin]:
    """Group turns by confidence in 15 bins of equal width; those without turns are left out.

    Args:
        confidences: (turns,), the probability of each turn's most probable label.
        right: (turns,), whether that label is the gold one.
    """
    exact = confidences.astype(np.float64)
    places = np.minimum((exact * BINS).astype(int), BINS - 1)
    return [
        Bin(float(exact[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (places == place for place in np.unique(places))
    ]


def calibration_error(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart, 0 to 1.

    Guo et al. 2017, equation 3, over `calibration_bins`; at least one turn.
    """
    bins = calibration_bins(confidences, right)
    return sum(one.turns * abs(one.confidence - one.accuracy) for one in bins) / len(right)
