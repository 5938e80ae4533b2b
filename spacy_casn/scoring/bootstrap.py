"""Confidence intervals of the standard protocol, by a bootstrap over dialogues.

The turns of one dialogue hang together, so whole dialogues are drawn anew, with replacement,
and the figures are taken again each time (Efron & Tibshirani 1993, An Introduction to the
Bootstrap, chapter 13: percentile intervals).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]


def confusion_counts(
    dialogues: Sequence[Sequence[tuple[str, str]]], labels: Sequence[str]
) -> Counts:
    """One confusion matrix a dialogue, (dialogues, labels, labels + 1).

    Rows are gold labels, columns predicted ones; the last column counts turns that were left
    without label.

    Args:
        dialogues: The gold and the predicted label ("" for none) of each labelled turn.
        labels: All that occur, in the order of the rows.
    """
    index = {label: number for number, label in enumerate([*labels, ""])}
    counts = np.zeros((len(dialogues), len(labels), len(labels) + 1), np.int64)
    cells = [
        (number, index[gold], index[predicted])
        for number, pairs in enumerate(dialogues)
        for gold, predicted in pairs
    ]
    if cells:
        np.add.at(counts, tuple(np.array(cells).T), 1)
    return counts


def standard_figures(
    counts: NDArray, labels: Sequence[str], neutral_label: str
) -> dict[str, Figures]:
    """The figures of `scorers.standard_scores`, for many confusion matrices at once.

    Args:
        counts: (..., labels, labels + 1), as `confusion_counts` gives them.
        labels: The labels in the order of the rows.
        neutral_label: Label that macro and micro F1 leave out.

    Returns:
        Arrays (...); NaN where no emotion but the neutral one occurs.
    """
    cells = np.asarray(counts, np.float64)
    among_labels = cells[..., :-1]
    hits = np.diagonal(among_labels, axis1=-2, axis2=-1)
    gold, guessed = cells.sum(-1), among_labels.sum(-2)
    total, right, silent = gold.sum(-1), hits.sum(-1), cells[..., -1].sum(-1)
    emotional = np.array([label != neutral_label for label in labels])
    f = _ratio(2 * hits, gold + guessed, 0.0)
    occurs = emotional & (gold + guessed > 0)
    spread = (total**2 - (gold**2).sum(-1)) * (total**2 - (guessed**2).sum(-1) - silent**2)
    return {
        "emotion_macro_f": _ratio((f * occurs).sum(-1), occurs.sum(-1), np.nan),
        "emotion_micro_f": _ratio(
            2 * (hits * emotional).sum(-1), ((gold + guessed) * emotional).sum(-1), np.nan
        ),
        "emotion_weighted_f": _ratio((f * gold).sum(-1), total, np.nan),
        "emotion_mcc": _ratio(right * total - (gold * guessed).sum(-1), np.sqrt(spread), 0.0),
        "emotion_acc": _ratio(right, total, np.nan),
    }


def bootstrap_intervals(
    counts: Counts,
    labels: Sequence[str],
    neutral_label: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Any] | None:
    """The interval of each figure: its lower and its upper end.

    Resamples without any emotion but the neutral one have no macro and micro F1, and count in
    neither's interval.

    Args:
        counts: One confusion matrix a dialogue, as `confusion_counts` gives them.
        labels: The labels in the order of the rows.
        neutral_label: Label that macro and micro F1 leave out.
        resamples: How many times the dialogues are drawn anew.
        seed: Of the draws.
        level: Share of the resamples whose figure lies within the interval.

    Returns:
        Beside the intervals the three settings; None for fewer than two dialogues with
        labelled turns, of which nothing can be drawn anew.
    """
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
    ends = [(1 - level) / 2, (1 + level) / 2]
    intervals: dict[str, Any] = {"level": level, "resamples": resamples, "seed": seed}
    for name, values in standard_figures(drawn, labels, neutral_label).items():
        known = values[~np.isnan(values)]
        intervals[name] = np.quantile(known, ends).tolist() if len(known) else None
    return intervals


def _ratio(above: NDArray, below: NDArray, otherwise: float) -> Figures:
    """The quotient, or another value where nothing stands below."""
    result = np.full(np.shape(below), otherwise)
    return np.divide(above, below, out=result, where=below > 0)
