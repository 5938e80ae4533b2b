"""Confidence intervals of the standard protocol, by a bootstrap over dialogues.

The turns of one dialogue hang together, so whole dialogues are drawn anew, with replacement,
and the figures are taken again each time (Efron & Tibshirani 1993, An Introduction to the
Bootstrap, chapter 13: percentile intervals).
"""

from typing import Any

import numpy as np

from .figures import (
    Figures,
    confusions_by_dialogue,
    emotional,
    label_figures,
    standard_figures,
)
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
    drawn = _drawn_anew(turns, resamples, seed)
    if drawn is None:
        return None
    figures = standard_figures(drawn, emotional(turns.labels, neutral_label))
    return {
        **{"level": level, "resamples": resamples, "seed": seed},
        **{name: _interval(values, level) for name, values in figures.items()},
    }


def difference_intervals(
    first: LabelledTurns,
    second: LabelledTurns,
    neutral_label: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Any] | None:
    """Take the interval of what the second pipeline's figures have more than the first's.

    The bootstrap is paired: each time, both are measured on the same dialogues, so that what
    makes a dialogue hard for both doesn't widen the interval.

    Args:
        first: The table of one pipeline.
        second: That of another, with the same labels, gold labels and dialogues.
        neutral_label: Label that macro and micro F1 leave out.
        resamples: How many times the dialogues are drawn anew.
        seed: Of the draws.
        level: Share of the resamples whose difference lies within the interval.

    Returns:
        As `bootstrap_intervals` does, and in `emotion_f_per_type` the interval of each label's
        F1; None for fewer than two dialogues with labelled turns.

    Raises:
        ValueError: the tables aren't of the same turns.
    """
    if first.labels != second.labels or not np.array_equal(first.gold, second.gold):
        raise ValueError(
            f"Tables of {len(first)} and {len(second)} labelled turns differ in their gold labels: "
            f"give two of the same dialogues."
        )
    one, other = (_drawn_anew(turns, resamples, seed) for turns in (first, second))
    if one is None or other is None:
        return None
    emotions = emotional(first.labels, neutral_label)
    before, after = (standard_figures(drawn, emotions) for drawn in (one, other))
    by_label = label_figures(other).f - label_figures(one).f
    return {
        **{"level": level, "resamples": resamples, "seed": seed},
        **{name: _interval(after[name] - before[name], level) for name in before},
        "emotion_f_per_type": {
            label: _interval(by_label[:, row], level) for row, label in enumerate(first.labels)
        },
    }


def _drawn_anew(turns: LabelledTurns, resamples: int, seed: int) -> Figures | None:
    """Draw whole dialogues, and count the confusions in each draw: (resamples, labels, labels + 1).

    Tables of the same dialogues are drawn alike, by the same seed.
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
    )
    return drawn.reshape(resamples, *counts.shape[1:])


def _interval(values: Figures, level: float) -> list[float] | None:
    known = values[~np.isnan(values)]
    ends = [(1 - level) / 2, (1 + level) / 2]
    return np.quantile(known, ends).tolist() if len(known) else None
