"""The triplet protocol: is the positive nearer than the negative?"""

from typing import Any

import numpy as np

from ..data.types import Vectors
from .figures import count_confusions, label_figures, standard_figures
from .labelled_turns import LabelledTurns
from .triplets import Distance, draw_triplets

TIE = 1e-4
"""Distances that differ by no more than this count as equal."""


def triplet_scores(
    turns: LabelledTurns,
    *,
    n_triplets: int = 10_000,
    distance: Distance = "cosine",
    seed: int = 0,
) -> dict[str, Any]:
    """Take the figures of the triplet protocol, which isn't a classification of turns.

    Gendron & Guibon 2024. Each random triplet of uniform classes is right where the anchor's
    vector is nearer to the positive's than to the negative's, or as near within `TIE`; a wrong
    one is filed under the negative's label. Macro F1 runs over the classes that have anchors. A
    coin, right about half of each class's triplets, gets the `emotion_triplet_chance_` figures:
    about 0.5 of macro F1, and an MCC above 0, since it files no triplet under a third label.

    Args:
        turns: The table, with vectors.
        n_triplets: Triplets to draw.
        distance: Between contextual vectors, `cosine` or `euclidean`.
        seed: Of the draws.

    Returns:
        Figures from -1 or 0 to 1; None where no triplet can be drawn.
    """
    triplets = draw_triplets(turns.gold, n_triplets, np.random.default_rng(seed))
    if len(triplets.anchors) == 0:
        names = ("macro_f", "micro_f", "mcc", "chance_macro_f", "chance_mcc")
        return {f"emotion_triplet_{name}": None for name in names}
    anchors, positives, negatives = (turns.vectors[rows] for rows in triplets)
    nearer = _distances(anchors, positives, distance)
    farther = _distances(anchors, negatives, distance)
    truth, wrong = turns.gold[triplets.anchors], turns.gold[triplets.negatives]
    filed = np.where(nearer <= farther + TIE, truth, wrong)
    found, always, never = (
        count_confusions(truth, classes, len(turns.labels)) for classes in (filed, truth, wrong)
    )
    has_anchors = label_figures(always).support > 0
    figures, chance = (
        standard_figures(counts, has_anchors) for counts in (found, (always + never) / 2)
    )
    return {
        "emotion_triplet_macro_f": float(figures["emotion_macro_f"]),
        "emotion_triplet_micro_f": float(figures["emotion_acc"]),
        "emotion_triplet_mcc": float(figures["emotion_mcc"]),
        "emotion_triplet_chance_macro_f": float(chance["emotion_macro_f"]),
        "emotion_triplet_chance_mcc": float(chance["emotion_mcc"]),
    }


def _distances(left: Vectors, right: Vectors, distance: Distance) -> Vectors:
    if distance == "euclidean":
        return np.linalg.norm(left - right, axis=1)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return 1 - (left * right).sum(axis=1) / np.maximum(norms, 1e-12)
