"""Confidence intervals of the standard protocol, by a bootstrap over dialogues.

The turns of one dialogue hang together, so whole dialogues are drawn anew, with replacement,
and the figures are taken again each time (Efron & Tibshirani 1993, An Introduction to the
Bootstrap, chapter 13: percentile intervals).
"""

from typing import Any

import numpy as np

from .figures import confusions_by_dialogue, emotional, standard_figures
from .labelled_turns import LabelledTurns


def bootstrap_intervals(
    turns: LabelledTurns,
    neutral_label: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Any] | None:
    """Take the interval of each of `figures.standard_figures`: its lower and its upper end.

    Resamples without any emotion but the neutral one have no macro and micro F1, and count in
    neither's interval.

    Args:
        turns: The table.
        neutral_label: Label that macro and micro F1 leave out.
        resamples: How many times the dialogues are drawn anew.
        seed: Of the draws.
        level: Share of the resamples whose figure lies within the interval.

    Returns:
        Beside the intervals the three settings; None for fewer than two dialogues with
        labelled turns, of which nothing can be drawn anew.
    """
    counts = confusions_by_dialogue(turns)
    flat = counts.reshape(len(counts), -1).astype(np.float64)
    flat = flat[flat.any(axis=1)]
    size = len(flat)
    if size < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = np.stack(
        [
            np.bincount(rng.integers(size, size=size), minlength=size) @ flat
            for _ in range(resamples)
        ]
    ).reshape(resamples, *counts.shape[1:])
    emotions = emotional(turns.labels, neutral_label)
    ends = [(1 - level) / 2, (1 + level) / 2]
    intervals: dict[str, Any] = {"level": level, "resamples": resamples, "seed": seed}
    for name, values in standard_figures(drawn, emotions).items():
        known = values[~np.isnan(values)]
        intervals[name] = np.quantile(known, ends).tolist() if len(known) else None
    return intervals
