"""Both evaluation protocols: each under its own name, never compared with one another."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)
from spacy.training import Example

from ..data.dialogue import SPANS_KEY, gold_labels
from ..objectives.miners import Distance
from .calibration import calibration_error
from .triplets import draw_triplets

Vectors = NDArray[np.float32]
TIE = 1e-4
"""Distances that differ by no more than this count as equal."""


def emotion_score(
    examples: Iterable[Example],
    *,
    spans_key: str = SPANS_KEY,
    neutral_label: str = "no emotion",
    vectors: Sequence[Vectors] | None = None,
    n_triplets: int = 10_000,
    distance: Distance = "cosine",
    seed: int = 0,
    **kwargs: Any,
) -> dict[str, Any]:
    """The standard protocol and, where contextual vectors are given, the triplet protocol.

    `emotion_ece`, the expected calibration error, is taken over the probabilities that the
    predicted Docs hold.

    Args:
        examples: Predicted Docs and gold ones; unlabelled gold turns don't count.
        spans_key: Name of the span group.
        neutral_label: Label that the standard macro and micro F1 leave out.
        vectors: For each example, the (turns, width) contextual vectors of its turns.
        n_triplets: Triplets to draw.
        distance: Between contextual vectors, `cosine` or `euclidean`.
        seed: Of the draws.

    Returns:
        Figures from 0 to 1; None where there is nothing to measure.
    """
    gold: list[str] = []
    predicted: list[str] = []
    rows: list[Vectors] = []
    confidences: list[float] = []
    right: list[bool] = []
    known: set[str] = set()
    for number, example in enumerate(examples):
        turns = list(example.predicted.spans.get(spans_key, []))
        labels = gold_labels(example, turns, spans_key)
        labelled = [row for row, label in enumerate(labels) if label]
        gold.extend(labels[row] for row in labelled)
        predicted.extend(turns[row].label_ for row in labelled)
        if vectors is not None:
            rows.append(vectors[number][labelled])
        attrs = example.predicted.spans[spans_key].attrs if labelled else {}
        if "scores" in attrs:
            known.update(attrs["labels"])
            probabilities = attrs["scores"][labelled]
            confidences.extend(probabilities.max(axis=1))
            best = [attrs["labels"][number] for number in probabilities.argmax(axis=1)]
            right.extend(label == labels[row] for label, row in zip(best, labelled, strict=True))
    scores = standard_scores(gold, predicted, neutral_label, known)
    scores["emotion_ece"] = (
        calibration_error(np.array(confidences), np.array(right)) if right else None
    )
    if vectors is not None:
        stacked = np.concatenate(rows) if rows else np.empty((0, 0), np.float32)
        scores |= triplet_scores(gold, stacked, n_triplets=n_triplets, distance=distance, seed=seed)
    return scores


def standard_scores(
    gold: Sequence[str],
    predicted: Sequence[str],
    neutral_label: str,
    known: Iterable[str] = (),
) -> dict[str, Any]:
    """Every labelled turn predicted once.

    Macro and micro F1 run over the labels, other than the neutral one, that occur among the
    gold or the predicted ones, weighted F1, accuracy and MCC over all of them. A turn that was
    left without label counts as wrong; `emotion_coverage` is the share of those that weren't.
    `emotion_f_per_type` also lists the `known` labels that don't occur, with a support of 0.
    """
    if not gold:
        names = ("macro_f", "micro_f", "weighted_f", "mcc", "acc", "coverage", "f_per_type")
        return {f"emotion_{name}": None for name in names}
    labels = sorted({*gold, *predicted} - {""})
    emotions = [label for label in labels if label != neutral_label]
    f1 = partial(f1_score, gold, predicted, zero_division=0.0)
    listed = sorted({*labels, *known})
    p, r, f, support = precision_recall_fscore_support(
        gold, predicted, labels=listed, zero_division=0.0
    )
    return {
        "emotion_macro_f": float(f1(labels=emotions, average="macro")) if emotions else None,
        "emotion_micro_f": float(f1(labels=emotions, average="micro")) if emotions else None,
        "emotion_weighted_f": float(f1(labels=labels, average="weighted")),
        "emotion_mcc": _mcc(gold, predicted),
        "emotion_acc": float(accuracy_score(gold, predicted)),
        "emotion_coverage": float(np.mean([label != "" for label in predicted])),
        "emotion_f_per_type": {
            label: {
                "p": float(p[row]),
                "r": float(r[row]),
                "f": float(f[row]),
                "support": int(support[row]),
            }
            for row, label in enumerate(listed)
        },
    }


def triplet_scores(
    gold: Sequence[str],
    vectors: Vectors,
    *,
    n_triplets: int = 10_000,
    distance: Distance = "cosine",
    seed: int = 0,
) -> dict[str, Any]:
    """The triplet protocol (Gendron & Guibon 2024), which isn't a classification of turns.

    Each random triplet of uniform classes is right where the anchor's vector is nearer to
    the positive's than to the negative's, or as near within `TIE`; a wrong one is filed
    under the negative's label. Macro F1 runs over the classes that have anchors. A coin gets
    `emotion_triplet_chance_macro_f`, about 0.5.
    """
    labels, classes = np.unique(np.asarray(gold, dtype=object).astype(str), return_inverse=True)
    triplets = draw_triplets(classes.astype(np.int64), n_triplets, np.random.default_rng(seed))
    if len(triplets.anchors) == 0:
        names = ("macro_f", "micro_f", "mcc", "chance_macro_f")
        return {f"emotion_triplet_{name}": None for name in names}
    anchors, positives, negatives = (vectors[rows] for rows in triplets)
    nearer = _distances(anchors, positives, distance)
    farther = _distances(anchors, negatives, distance)
    right = nearer <= farther + TIE
    truth, wrong = classes[triplets.anchors], classes[triplets.negatives]
    filed = np.where(right, truth, wrong)
    # A coin files half of each class's triplets under the negative's label.
    as_anchor = np.bincount(truth, minlength=len(labels))
    as_negative = np.bincount(wrong, minlength=len(labels))
    anchor_classes = np.flatnonzero(as_anchor)
    chance = 2 * as_anchor / np.maximum(3 * as_anchor + as_negative, 1)
    macro_f = f1_score(truth, filed, labels=anchor_classes, average="macro", zero_division=0.0)
    return {
        "emotion_triplet_macro_f": float(macro_f),
        "emotion_triplet_micro_f": float(accuracy_score(truth, filed)),
        "emotion_triplet_mcc": _mcc(truth, filed),
        "emotion_triplet_chance_macro_f": float(chance[anchor_classes].mean()),
    }


def make_emotion_scorer(
    n_triplets: int = 10_000, distance: Distance = "cosine", seed: int = 0
) -> Any:
    """Registered as `spacy_casn.emotion_scorer.v1`; see `emotion_score`."""
    return partial(emotion_score, n_triplets=n_triplets, distance=distance, seed=seed)


def _mcc(gold: Sequence[Any] | NDArray, predicted: Sequence[Any] | NDArray) -> float:
    if len({*gold, *predicted}) < 2:  # scikit-learn warns of this case
        return 0.0
    return float(matthews_corrcoef(gold, predicted))


def _distances(left: Vectors, right: Vectors, distance: Distance) -> NDArray[np.float32]:
    if distance == "euclidean":
        return np.linalg.norm(left - right, axis=1)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return 1 - (left * right).sum(axis=1) / np.maximum(norms, 1e-12)
