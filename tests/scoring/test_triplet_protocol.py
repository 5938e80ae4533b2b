from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import classification_report, f1_score, matthews_corrcoef

from spacy_casn.scoring.labelled_turns import LabelledTurns
from spacy_casn.scoring.triplet_protocol import triplet_scores
from spacy_casn.scoring.triplets import draw_triplets

LABELS = ["anger", "happiness", "no emotion", "sadness"]


def triplets_of(gold: Sequence[str], vectors: np.ndarray, **settings: Any) -> dict[str, Any]:
    """The scores of a single dialogue."""
    return triplet_scores(LabelledTurns.of_labels([gold], [gold], vectors=[vectors]), **settings)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_triplet_protocol_equals_a_loop(distance: str) -> None:
    rng = np.random.default_rng(1)
    gold = rng.choice(LABELS, 300, p=[0.05, 0.2, 0.7, 0.05]).tolist()
    vectors = rng.normal(size=(300, 6)).astype(np.float32)
    vectors[:, 0] += [LABELS.index(label) for label in gold]

    def apart(left: int, right: int) -> float:
        if distance == "euclidean":
            return float(np.sqrt(((vectors[left] - vectors[right]) ** 2).sum()))
        norms = np.linalg.norm(vectors[left]) * np.linalg.norm(vectors[right])
        return float(1 - vectors[left] @ vectors[right] / norms)

    classes = np.array([LABELS.index(label) for label in gold])
    truth, filed = [], []
    for anchor, positive, negative in zip(
        *draw_triplets(classes, 2000, np.random.default_rng(7)), strict=True
    ):
        right = apart(anchor, positive) <= apart(anchor, negative) + 1e-4
        truth.append(gold[anchor])
        filed.append(gold[anchor] if right else gold[negative])
    report = classification_report(truth, filed, output_dict=True)
    scores = triplets_of(gold, vectors, n_triplets=2000, distance=distance, seed=7)
    assert scores["emotion_triplet_macro_f"] == pytest.approx(report["macro avg"]["f1-score"])
    assert scores["emotion_triplet_micro_f"] == pytest.approx(report["accuracy"])
    assert scores["emotion_triplet_mcc"] == pytest.approx(matthews_corrcoef(truth, filed))
    assert scores["emotion_triplet_macro_f"] > scores["emotion_triplet_chance_macro_f"] + 0.05


def test_random_vectors_score_the_stated_chance() -> None:
    rng = np.random.default_rng(2)
    gold = rng.choice(LABELS, 2000).tolist()
    vectors = rng.normal(size=(2000, 8)).astype(np.float32)
    scores = triplets_of(gold, vectors, n_triplets=40_000)
    assert scores["emotion_triplet_chance_macro_f"] == pytest.approx(0.5, abs=0.01)
    assert scores["emotion_triplet_macro_f"] == pytest.approx(
        scores["emotion_triplet_chance_macro_f"], abs=0.015
    )


def test_ties_count_as_right() -> None:
    same = np.ones((10, 3), np.float32)
    assert triplets_of(["joy", "anger"] * 5, same)["emotion_triplet_micro_f"] == 1.0


def test_a_class_of_a_single_turn_is_only_a_negative() -> None:
    """Its one turn has no positive, so macro F leaves it out, and the chance counts it."""
    gold = ["joy", "joy", "fear", "fear", "anger"]
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0.001]], np.float32)
    scores = triplets_of(gold, vectors, n_triplets=3000)
    assert scores["emotion_triplet_macro_f"] == 1.0
    # A class is the anchor's in half of the triplets, and the negative's in half of the others.
    chance = 2 * 0.5 / (3 * 0.5 + 0.25)
    assert scores["emotion_triplet_chance_macro_f"] == pytest.approx(chance, abs=0.01)


def test_a_vector_of_zeros_is_as_far_as_a_right_angle() -> None:
    gold = ["joy", "joy", "fear", "fear"]
    vectors = np.array([[0, 0], [0, 0], [0, 0], [0, 0]], np.float32)
    assert triplets_of(gold, vectors)["emotion_triplet_micro_f"] == 1.0
    vectors[:2] = [[1, 0], [-1, 0]]  # opposite: farther from one another than from zeros
    vectors[2:] = [[0, 0], [0, 0]]
    assert triplets_of(gold, vectors)["emotion_triplet_micro_f"] < 0.6


@pytest.mark.parametrize("counts", [(50, 40, 3), (10, 10), (30, 1, 2, 70, 5, 6, 7)])
def test_what_a_coin_gets(counts: tuple[int, ...]) -> None:
    gold = [f"label {number}" for number, count in enumerate(counts) for _ in range(count)]
    classes = np.repeat(np.arange(len(counts)), counts)
    triplets = draw_triplets(classes, 200_000, np.random.default_rng(1))
    heads = np.random.default_rng(2).random(200_000) < 0.5
    truth = classes[triplets.anchors]
    filed = np.where(heads, truth, classes[triplets.negatives])
    scores = triplets_of(gold, np.zeros((len(gold), 2), np.float32))
    expected = matthews_corrcoef(truth, filed)
    assert scores["emotion_triplet_chance_mcc"] == pytest.approx(expected, abs=0.02)
    f = f1_score(truth, filed, labels=np.unique(truth), average="macro")
    assert scores["emotion_triplet_chance_macro_f"] == pytest.approx(f, abs=0.01)


def test_no_triplets_no_coin() -> None:
    assert set(triplets_of(["joy", "joy"], np.eye(2, dtype=np.float32)).values()) == {None}
