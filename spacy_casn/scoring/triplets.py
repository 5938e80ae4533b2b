"""Triplets with uniform classes: drawn for training and for the triplet protocol."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Distance = Literal["cosine", "euclidean"]
Indices = NDArray[np.int64]


class Triplets(NamedTuple):
    """Row numbers of anchors, positives (same class) and negatives (another class)."""

    anchors: Indices
    positives: Indices
    negatives: Indices


def draw_triplets(classes: Indices, n: int, rng: np.random.Generator) -> Triplets:
    """Draw anchor class and negative class uniformly, then their members uniformly.

    Args:
        classes: (rows,), the class of each row.
        n: How many triplets.
        rng: Source of the draws.

    Returns:
        `n` triplets, or none where there aren't two classes, one of them with two members.
        A class with a single member has no anchors, since no positive is left for it.
    """
    present, counts = np.unique(classes, return_counts=True)
    with_positive = np.flatnonzero(counts > 1)
    if len(present) < 2 or len(with_positive) == 0:
        none = np.empty(0, np.int64)
        return Triplets(none, none, none)
    rows = np.argsort(classes, kind="stable")  # members of a class stand together
    first = np.cumsum(counts) - counts
    anchor_class = rng.choice(with_positive, n)
    negative_class = (anchor_class + rng.integers(1, len(present), n)) % len(present)
    anchor = rng.integers(0, counts[anchor_class])
    positive = (anchor + rng.integers(1, counts[anchor_class])) % counts[anchor_class]
    negative = rng.integers(0, counts[negative_class])
    return Triplets(
        rows[first[anchor_class] + anchor],
        rows[first[anchor_class] + positive],
        rows[first[negative_class] + negative],
    )
