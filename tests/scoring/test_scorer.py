import numpy as np
import pytest
import spacy
from sklearn.metrics import classification_report, matthews_corrcoef
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.scoring.scorer import (
    emotion_score,
    make_emotion_scorer,
    standard_scores,
    triplet_scores,
)
from spacy_casn.scoring.triplets import draw_triplets

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


def test_the_figures_have_the_same_names_whether_there_are_any_or_not() -> None:
    gold = make_dialogue(NLP, ["Hi", "No", "Yes"], emotions=["joy", "anger", "joy"])
    vectors = [np.eye(3, dtype=np.float32)]
    some = emotion_score([Example(gold, gold)], vectors=vectors)
    assert emotion_score([], vectors=[]).keys() == some.keys()
    assert set(emotion_score([], vectors=[]).values()) == {None}


def dialogues(rng: np.random.Generator) -> tuple[list[Example], list[np.ndarray]]:
    """Forty short dialogues with some labels unknown, and vectors of their turns."""
    examples, vectors = [], []
    for _ in range(40):
        size = int(rng.integers(1, 6))
        emotions = rng.choice([*LABELS, ""], (2, size)).tolist()
        gold, predicted = (make_dialogue(NLP, ["Hi"] * size, emotions=row) for row in emotions)
        examples.append(Example(predicted, gold))
        vectors.append(rng.normal(size=(size, 4)).astype(np.float32))
    return examples, vectors


def test_the_settings_reach_both_protocols() -> None:
    examples, vectors = dialogues(np.random.default_rng(3))
    pairs = [
        (truth.label_, guess.label_, vector)
        for example, rows in zip(examples, vectors, strict=True)
        for truth, guess, vector in zip(
            example.reference.spans["turns"], example.predicted.spans["turns"], rows, strict=True
        )
        if truth.label_
    ]
    gold, predicted, labelled = zip(*pairs, strict=True)

    def expected(neutral: str, triplets: int, distance: str, seed: int) -> dict:
        return {
            **standard_scores(gold, predicted, neutral),
            "emotion_ece": None,
            **triplet_scores(
                gold, np.stack(labelled), n_triplets=triplets, distance=distance, seed=seed
            ),
        }

    default = expected("no emotion", 10_000, "cosine", 0)
    assert emotion_score(examples, vectors=vectors) == default
    assert make_emotion_scorer()(examples, vectors=vectors) == default
    assert triplet_scores(gold, np.stack(labelled)).items() <= default.items()
    other = expected("anger", 99, "euclidean", 5)
    score = make_emotion_scorer(99, "euclidean", 5)
    assert score(examples, vectors=vectors, neutral_label="anger") == other
    settings = {"n_triplets": 99, "distance": "euclidean", "seed": 5, "neutral_label": "anger"}
    assert emotion_score(examples, vectors=vectors, **settings) == other
    assert default != other


def test_known_labels_that_never_occur_are_listed_with_zeros() -> None:
    gold = make_dialogue(NLP, ["a", "b"], emotions=["joy", "fear"])
    attrs = {"scores": np.full((2, 3), 1 / 3, np.float32), "labels": ["fear", "joy", "sadness"]}
    gold.spans["turns"].attrs.update(attrs)
    scores = emotion_score([Example(gold, gold)])
    nothing = {"p": 0.0, "r": 0.0, "f": 0.0, "support": 0}
    assert scores["emotion_f_per_type"]["sadness"] == nothing
    assert scores["emotion_macro_f"] == 1.0


def test_a_label_that_is_never_right_has_zeros() -> None:
    scores = standard_scores(["joy", "joy"], ["joy", "anger"], "no emotion")
    assert scores["emotion_f_per_type"]["anger"] == {"p": 0.0, "r": 0.0, "f": 0.0, "support": 0}
    assert scores["emotion_macro_f"] == pytest.approx(1 / 3)


def test_neutral_alone_has_no_micro_f() -> None:
    assert standard_scores(["no"] * 2, ["no"] * 2, "no")["emotion_micro_f"] is None


def test_two_labels_have_a_correlation() -> None:
    gold, predicted = ["joy", "joy", "anger", "anger"], ["joy", "anger", "anger", "anger"]
    scores = standard_scores(gold, predicted, "no emotion")
    assert scores["emotion_mcc"] == pytest.approx(matthews_corrcoef(gold, predicted))


def test_weighted_f_counts_what_abstains_as_missed(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    quiet = ["" if row % 4 == 0 else label for row, label in enumerate(predicted)]
    report = classification_report(gold, quiet, labels=LABELS, output_dict=True)
    found = standard_scores(gold, quiet, "no emotion")["emotion_weighted_f"]
    assert found == pytest.approx(report["weighted avg"]["f1-score"])


def test_a_class_of_a_single_turn_is_only_a_negative() -> None:
    """Its one turn has no positive, so macro F leaves it out, and the chance counts it."""
    gold = ["joy", "joy", "fear", "fear", "anger"]
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0.001]], np.float32)
    scores = triplet_scores(gold, vectors, n_triplets=3000)
    assert scores["emotion_triplet_macro_f"] == 1.0
    # A class is the anchor's in half of the triplets, and the negative's in half of the others.
    chance = 2 * 0.5 / (3 * 0.5 + 0.25)
    assert scores["emotion_triplet_chance_macro_f"] == pytest.approx(chance, abs=0.01)


def test_a_vector_of_zeros_is_as_far_as_a_right_angle() -> None:
    gold = ["joy", "joy", "fear", "fear"]
    vectors = np.array([[0, 0], [0, 0], [0, 0], [0, 0]], np.float32)
    assert triplet_scores(gold, vectors)["emotion_triplet_micro_f"] == 1.0
    vectors[:2] = [[1, 0], [-1, 0]]  # opposite: farther from one another than from zeros
    vectors[2:] = [[0, 0], [0, 0]]
    assert triplet_scores(gold, vectors)["emotion_triplet_micro_f"] < 0.6
