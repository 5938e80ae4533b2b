"""The map of turn vectors: many dimensions brought down to two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.types import Vectors

TURNS = 1000
"""Turns on a map, at most."""


@dataclass(frozen=True)
class TurnMap:
    """Turns as points.

    Args:
        points: (turns, 2).
        labels: The turns' gold labels.
        shown: The share of the vectors' variance that the two axes show, 0 to 1.
    """

    points: NDArray[np.float64]
    labels: list[str]
    shown: float


def choose_turns(labels: Sequence[str]) -> list[int]:
    """Choose the turns that are drawn, as many of each label as there are and fit."""
    rng = np.random.default_rng(0)
    known = np.asarray(labels, dtype=object)
    names = sorted(set(labels))
    chosen: list[int] = []
    for name in names:
        members = np.flatnonzero(known == name)
        chosen.extend(rng.permutation(members)[: max(1, TURNS // len(names))].tolist())
    return sorted(chosen)


def project(vectors: Vectors, labels: Sequence[str]) -> TurnMap:
    """Find the two directions in which the vectors differ most: their principal components.

    The vectors are brought to length 1, since cosine is the distance that they are trained by.

    Args:
        vectors: (turns, width), at least two turns and two dimensions.
        labels: The turns' gold labels.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(norms, 1e-12)
    centred = unit - unit.mean(axis=0)
    _, spreads, directions = np.linalg.svd(centred, full_matrices=False)
    axes = directions[:2]
    # A direction and its opposite are equally good: the largest coordinate decides.
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[[0, 1], largest])[:, None]
    variances = spreads**2
    shown = float(variances[:2].sum() / max(variances.sum(), 1e-12))
    return TurnMap(centred @ axes.T, list(labels), shown)
