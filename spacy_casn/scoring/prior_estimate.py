"""The share of each label in dialogues that nobody has labelled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_TURNS = 100
"""With fewer turns the estimate says more about chance than about the dialogues."""
ITERATIONS = 200
TOLERANCE = 1e-5
RESAMPLES = 200
ANCHOR = 1.0
"""How much the prior of before weighs, in turns of it for each turn that is read. Without it the
estimate runs away where dialogues are unlike those of training: on MELD's dev split it then has
20 % macro-F and keeps 11 % of the calm turns calm, with it 29 % and 58 %, and on dialogues like
those of training it does no harm."""


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
    before: NDArray[np.floating],
    anchor: float = ANCHOR,
    seed: int = 0,
) -> PriorEstimate:
    """Estimate the labels' shares by expectation maximization.

    Saerens, Latinne & Decaestecker 2002, Adjusting the Outputs of a Classifier to New a Priori
    Probabilities: A Simple Procedure; here with a Dirichlet prior around the shares of before, and
    with a bootstrap over dialogues for the intervals.

    Args:
        evidence: (turns, labels), each turn's log-likelihood of each label but for a constant.
        dialogues: (turns,), the number of the dialogue that each turn belongs to.
        labels: Names of the columns.
        before: (labels,), the shares that were expected before the dialogues were read.
        anchor: How much they weigh, in turns for each turn that is read.
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
    known = np.asarray(before, dtype=np.float64)
    weigh = anchor * turns * known + 1e-3
    shares = _maximize(likelihood, np.ones(turns), known, weigh)
    rng = np.random.default_rng(seed)
    _, places = np.unique(dialogues, return_inverse=True)
    n_dialogues = int(places.max()) + 1
    drawn = [
        _maximize(
            likelihood,
            np.bincount(rng.integers(n_dialogues, size=n_dialogues), minlength=n_dialogues)[places],
            shares,
            weigh,
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
    likelihood: NDArray[np.float64],
    weights: NDArray[np.number],
    shares: NDArray[np.float64],
    anchored: NDArray[np.float64],
) -> NDArray[np.float64]:
    for _ in range(ITERATIONS):
        posterior = likelihood * shares
        expected = (weights / posterior.sum(axis=1)) @ posterior + anchored
        renewed = expected / expected.sum()
        moved = np.abs(renewed - shares).max()
        shares = renewed
        if moved < TOLERANCE:
            break
    return shares
