"""The share of each label in dialogues that nobody has labelled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_TURNS = 100
"""With fewer turns the estimate says more about chance than about the dialogues."""
ITERATIONS = 200
TOLERANCE = 1e-5
RESAMPLES = 200
PSEUDO_TURNS = 1.0
"""Added to the expected turns of each label, so that none gets a share of 0."""


class PriorEstimate(NamedTuple):
    """The labels' shares in some dialogues, and how sure that is."""

    shares: dict[str, float]
    """Of each label; they add up to 1."""
    intervals: dict[str, tuple[float, float]]
    """Where 95 % of the estimates lie when the dialogues are drawn anew."""
    turns: int


def estimate_prior(
    evidence: NDArray[np.floating],
    dialogues: NDArray[np.int64],
    labels: list[str],
    *,
    seed: int = 0,
) -> PriorEstimate:
    """Estimate the labels' shares by expectation maximization.

    Saerens, Latinne & Decaestecker 2002, Adjusting the Outputs of a Classifier to New a Priori
    Probabilities: A Simple Procedure; the intervals are a bootstrap over dialogues.

    Args:
        evidence: (turns, labels), each turn's log-likelihood of each label but for a constant.
        dialogues: (turns,), the number of the dialogue that each turn belongs to.
        labels: Names of the columns.
        seed: Of the bootstrap.

    Raises:
        ValueError: there are too few turns.
    """
    turns = len(evidence)
    if turns < MIN_TURNS:
        raise ValueError(
            f"The labels' shares can't be estimated from {turns} turns: give at least {MIN_TURNS}, "
            f"or set label_prior by hand."
        )
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True)).astype(np.float64)
    shares = _maximize(likelihood, np.ones(turns), np.full(len(labels), 1 / len(labels)))
    rng = np.random.default_rng(seed)
    _, places = np.unique(dialogues, return_inverse=True)
    n_dialogues = int(places.max()) + 1
    drawn = [
        _maximize(
            likelihood,
            np.bincount(rng.integers(n_dialogues, size=n_dialogues), minlength=n_dialogues)[places],
            shares,
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return PriorEstimate(
        dict(zip(labels, shares.tolist(), strict=True)),
        {label: (float(low[row]), float(high[row])) for row, label in enumerate(labels)},
        turns,
    )


def _maximize(
    likelihood: NDArray[np.float64], weights: NDArray[np.number], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    for _ in range(ITERATIONS):
        posterior = likelihood * shares
        expected = (weights / posterior.sum(axis=1)) @ posterior + PSEUDO_TURNS
        renewed = expected / expected.sum()
        moved = np.abs(renewed - shares).max()
        shares = renewed
        if moved < TOLERANCE:
            break
    return shares
