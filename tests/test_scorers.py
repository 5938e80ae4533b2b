import numpy as np
import pytest
import spacy
from sklearn.metrics import classification_report, matthews_corrcoef
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.metric_learning.triplets import draw_triplets
from spacy_casn.scorers import emotion_score, standard_scores, triplet_scores

NLP = spacy.blank("en")
LABELS = ["anger", "happiness", "no emotion", "sadness"]


@pytest.fixture
def labels() -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(0)
    gold = rng.choice(LABELS, 200, p=[0.1, 0.2, 0.6, 0.1])
    predicted = np.where(rng.random(200) < 0.6, gold, rng.choice(LABELS, 200))
    return gold.tolist(), predicted.tolist()


def test_standard_protocol_equals_scikit_learn(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    scores = standard_scores(gold, predicted, "no emotion")
    emotions = [label for label in LABELS if label != "no emotion"]
    report = classification_report(gold, predicted, labels=emotions, output_dict=True)
    overall = classification_report(gold, predicted, output_dict=True)
    assert scores["emotion_macro_f"] == pytest.approx(report["macro avg"]["f1-score"])
    assert scores["emotion_micro_f"] == pytest.approx(report["micro avg"]["f1-score"])
    assert scores["emotion_weighted_f"] == pytest.approx(overall["weighted avg"]["f1-score"])
    assert scores["emotion_acc"] == pytest.approx(overall["accuracy"])
    assert scores["emotion_mcc"] == pytest.approx(matthews_corrcoef(gold, predicted))
    for label in LABELS:
        figures = scores["emotion_f_per_type"][label]
        assert figures["f"] == pytest.approx(overall[label]["f1-score"])
        assert figures["support"] == overall[label]["support"]


def test_standard_protocol_equals_a_loop(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    hits, wrong, missed = (
        dict.fromkeys(LABELS, 0),
        dict.fromkeys(LABELS, 0),
        dict.fromkeys(LABELS, 0),
    )
    for truth, guess in zip(gold, predicted, strict=True):
        if truth == guess:
            hits[truth] += 1
        else:
            wrong[guess] += 1
            missed[truth] += 1
    emotions = ["anger", "happiness", "sadness"]
    f = [2 * hits[name] / (2 * hits[name] + wrong[name] + missed[name]) for name in emotions]
    pooled = [sum(counts[name] for name in emotions) for counts in (hits, wrong, missed)]
    scores = standard_scores(gold, predicted, "no emotion")
    assert scores["emotion_macro_f"] == pytest.approx(sum(f) / 3)
    micro = 2 * pooled[0] / (2 * pooled[0] + pooled[1] + pooled[2])
    assert scores["emotion_micro_f"] == pytest.approx(micro)


def test_without_a_neutral_label_all_count() -> None:
    scores = standard_scores(["joy", "anger"], ["joy", "joy"], "")
    assert scores["emotion_macro_f"] == pytest.approx((2 / 3 + 0) / 2)


def test_nothing_labelled_gives_no_figures() -> None:
    doc = make_dialogue(NLP, ["Hi"])
    scores = emotion_score([Example(doc.copy(), doc)], vectors=[np.zeros((1, 2), np.float32)])
    assert len(scores) == 12
    assert set(scores.values()) == {None}


def test_neutral_alone_gives_accuracy_but_no_f() -> None:
    scores = standard_scores(["no emotion"] * 2, ["no emotion"] * 2, "no emotion")
    assert scores["emotion_macro_f"] is None
    assert scores["emotion_acc"] == 1.0
    assert scores["emotion_mcc"] == 0.0


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
    scores = triplet_scores(gold, vectors, n_triplets=2000, distance=distance, seed=7)
    assert scores["emotion_triplet_macro_f"] == pytest.approx(report["macro avg"]["f1-score"])
    assert scores["emotion_triplet_micro_f"] == pytest.approx(report["accuracy"])
    assert scores["emotion_triplet_mcc"] == pytest.approx(matthews_corrcoef(truth, filed))
    assert scores["emotion_triplet_macro_f"] > scores["emotion_triplet_chance_macro_f"] + 0.05


def test_random_vectors_score_the_stated_chance() -> None:
    rng = np.random.default_rng(2)
    gold = rng.choice(LABELS, 2000).tolist()
    vectors = rng.normal(size=(2000, 8)).astype(np.float32)
    scores = triplet_scores(gold, vectors, n_triplets=40_000)
    assert scores["emotion_triplet_chance_macro_f"] == pytest.approx(0.5, abs=0.01)
    assert scores["emotion_triplet_macro_f"] == pytest.approx(
        scores["emotion_triplet_chance_macro_f"], abs=0.015
    )


def test_ties_count_as_right() -> None:
    same = np.ones((10, 3), np.float32)
    assert triplet_scores(["joy", "anger"] * 5, same)["emotion_triplet_micro_f"] == 1.0


def test_unlabelled_turns_count_in_no_score() -> None:
    gold = make_dialogue(NLP, ["Hi", "No", "Yes"], emotions=["joy", None, "anger"])
    predicted = make_dialogue(NLP, ["Hi", "No", "Yes"], emotions=["joy", "joy", "joy"])
    scores = emotion_score([Example(predicted, gold)])
    assert scores["emotion_acc"] == 0.5
    assert scores["emotion_f_per_type"]["joy"]["support"] == 1
    assert "emotion_triplet_macro_f" not in scores


def test_what_abstains_counts_as_missed(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    quiet = ["" if row % 4 == 0 else label for row, label in enumerate(predicted)]
    scores = standard_scores(gold, quiet, "no emotion")
    assert scores["emotion_coverage"] == pytest.approx(0.75)
    right = sum(truth == guess for truth, guess in zip(gold, quiet, strict=True))
    assert scores["emotion_acc"] == pytest.approx(right / len(gold))
    assert "" not in scores["emotion_f_per_type"]
    assert standard_scores(gold, predicted, "no emotion")["emotion_coverage"] == 1.0


def test_calibration_error_is_taken_over_labelled_turns() -> None:
    gold = make_dialogue(NLP, ["a", "b", "c"], emotions=["joy", None, "fear"])
    predicted = make_dialogue(NLP, ["a", "b", "c"], emotions=["joy", "joy", "joy"])
    attrs = {"scores": np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]], np.float32)}
    predicted.spans["turns"].attrs.update(attrs, labels=["fear", "joy"])
    ece = emotion_score([Example(predicted, gold)])["emotion_ece"]
    assert ece == pytest.approx((0.1 + 0.7) / 2)
    assert emotion_score([Example(gold, gold)])["emotion_ece"] is None
