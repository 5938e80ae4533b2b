"""The map of turn vectors: many dimensions brought down to two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from spacy.training import Example

from ..data.dialogue import gold_labels
from ..pipeline.casn_emotion import CasnEmotion
from ..scoring.scorer import Vectors

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


def labelled_vectors(pipe: CasnEmotion, examples: Sequence[Example]) -> tuple[Vectors, list[str]]:
    """The contextual vectors of the labelled turns, (turns, width), and their gold labels."""
    docs = [example.predicted for example in examples]
    rows = []
    labels: list[str] = []
    for example, vectors in zip(examples, pipe.turn_vectors(docs), strict=True):
        turns = list(example.predicted.spans.get(pipe.spans_key, []))
        gold = gold_labels(example, turns, pipe.spans_key)
        rows.append(vectors[[row for row, label in enumerate(gold) if label]])
        labels.extend(filter(None, gold))
    return np.concatenate(rows), labels


def choose_turns(labels: Sequence[str]) -> list[int]:
    """Numbers of the turns that are drawn, as many of each label as there are and fit."""
    rng = np.random.default_rng(0)
    known = np.asarray(labels, dtype=object)
    names = sorted(set(labels))
    chosen: list[int] = []
    for name in names:
        members = np.flatnonzero(known == name)
        chosen.extend(rng.permutation(members)[: max(1, TURNS // len(names))].tolist())
    return sorted(chosen)


def project(vectors: Vectors, labels: Sequence[str]) -> TurnMap:
    """The two directions in which the vectors differ most.

    The vectors are brought to length 1, since cosine is the distance that they are trained by.

    Args:
        vectors: (turns, width), at least two turns and two dimensions.
        labels: The turns' gold labels.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    pca = PCA(2, svd_solver="full")
    with np.errstate(invalid="ignore"):  # vectors that are all the same differ in no direction
        points = pca.fit_transform(vectors / np.maximum(norms, 1e-12))
    shown = float(np.nan_to_num(pca.explained_variance_ratio_).sum())
    return TurnMap(points, list(labels), shown)
