import numpy as np
import pytest
import spacy
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.scoring.scorer import emotion_score, make_emotion_scorer

from .test_figures import scores_of
from .test_triplet_protocol import triplets_of

NLP = spacy.blank("en")
LABELS = ["anger", "happiness", "no emotion", "sadness"]


def test_nothing_labelled_gives_no_figures() -> None:
    doc = make_dialogue(NLP, ["Hi"])
    scores = emotion_score([Example(doc.copy(), doc)], vectors=[np.zeros((1, 2), np.float32)])
    assert len(scores) == 13
    assert set(scores.values()) == {None}


def test_unlabelled_turns_count_in_no_score() -> None:
    gold = make_dialogue(NLP, ["Hi", "No", "Yes"], emotions=["joy", None, "anger"])
    predicted = make_dialogue(NLP, ["Hi", "No", "Yes"], emotions=["joy", "joy", "joy"])
    scores = emotion_score([Example(predicted, gold)])
    assert scores["emotion_acc"] == 0.5
    assert scores["emotion_f_per_type"]["joy"]["support"] == 1
    assert "emotion_triplet_macro_f" not in scores


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
            **scores_of(gold, predicted, neutral),
            "emotion_ece": None,
            **triplets_of(
                gold, np.stack(labelled), n_triplets=triplets, distance=distance, seed=seed
            ),
        }

    default = expected("no emotion", 10_000, "cosine", 0)
    assert emotion_score(examples, vectors=vectors) == default
    assert make_emotion_scorer()(examples, vectors=vectors) == default
    assert triplets_of(gold, np.stack(labelled)).items() <= default.items()
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
