"""The figures of the standard protocol; scikit-learn is the referee."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import classification_report, confusion_matrix, f1_score, matthews_corrcoef

from spacy_casn.scoring.figures import (
    confusion,
    confusions_by_dialogue,
    emotional,
    standard_figures,
    standard_scores,
)
from spacy_casn.scoring.labelled_turns import LabelledTurns

LABELS = ["anger", "happiness", "no emotion", "sadness"]


def scores_of(gold: Sequence[str], predicted: Sequence[str], neutral: str) -> dict[str, Any]:
    """The scores of a single dialogue."""
    return standard_scores(LabelledTurns.of_labels([gold], [predicted]), neutral)


@pytest.fixture
def labels() -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(0)
    gold = rng.choice(LABELS, 200, p=[0.1, 0.2, 0.6, 0.1])
    predicted = np.where(rng.random(200) < 0.6, gold, rng.choice(LABELS, 200))
    return gold.tolist(), predicted.tolist()


def test_standard_protocol_equals_scikit_learn(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    scores = scores_of(gold, predicted, "no emotion")
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
    scores = scores_of(gold, predicted, "no emotion")
    assert scores["emotion_macro_f"] == pytest.approx(sum(f) / 3)
    micro = 2 * pooled[0] / (2 * pooled[0] + pooled[1] + pooled[2])
    assert scores["emotion_micro_f"] == pytest.approx(micro)


def test_without_a_neutral_label_all_count() -> None:
    scores = scores_of(["joy", "anger"], ["joy", "joy"], "")
    assert scores["emotion_macro_f"] == pytest.approx((2 / 3 + 0) / 2)


def test_neutral_alone_gives_accuracy_but_no_f() -> None:
    scores = scores_of(["no emotion"] * 2, ["no emotion"] * 2, "no emotion")
    assert scores["emotion_macro_f"] is None
    assert scores["emotion_acc"] == 1.0
    assert scores["emotion_mcc"] == 0.0


def test_what_abstains_counts_as_missed(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    quiet = ["" if row % 4 == 0 else label for row, label in enumerate(predicted)]
    scores = scores_of(gold, quiet, "no emotion")
    assert scores["emotion_coverage"] == pytest.approx(0.75)
    right = sum(truth == guess for truth, guess in zip(gold, quiet, strict=True))
    assert scores["emotion_acc"] == pytest.approx(right / len(gold))
    assert "" not in scores["emotion_f_per_type"]
    assert scores_of(gold, predicted, "no emotion")["emotion_coverage"] == 1.0


def test_a_label_that_is_never_right_has_zeros() -> None:
    scores = scores_of(["joy", "joy"], ["joy", "anger"], "no emotion")
    assert scores["emotion_f_per_type"]["anger"] == {"p": 0.0, "r": 0.0, "f": 0.0, "support": 0}
    assert scores["emotion_macro_f"] == pytest.approx(1 / 3)


def test_neutral_alone_has_no_micro_f() -> None:
    assert scores_of(["no"] * 2, ["no"] * 2, "no")["emotion_micro_f"] is None


def test_two_labels_have_a_correlation() -> None:
    gold, predicted = ["joy", "joy", "anger", "anger"], ["joy", "anger", "anger", "anger"]
    scores = scores_of(gold, predicted, "no emotion")
    assert scores["emotion_mcc"] == pytest.approx(matthews_corrcoef(gold, predicted))


def test_weighted_f_counts_what_abstains_as_missed(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    quiet = ["" if row % 4 == 0 else label for row, label in enumerate(predicted)]
    report = classification_report(gold, quiet, labels=LABELS, output_dict=True)
    found = scores_of(gold, quiet, "no emotion")["emotion_weighted_f"]
    assert found == pytest.approx(report["weighted avg"]["f1-score"])


@pytest.mark.parametrize("neutral_label", ["no emotion", ""])
def test_figures_of_many_resamples_equal_scikit_learn(neutral_label: str) -> None:
    """Small samples, in which labels are missing and turns are left without label."""
    rng = np.random.default_rng(5)
    emotions = [label for label in LABELS if label != neutral_label]
    for size in [*range(1, 30), *[30] * 20]:
        gold = rng.choice(LABELS, size, p=[0.05, 0.25, 0.6, 0.1]).tolist()
        guessed = np.where(rng.random(size) < 0.6, gold, rng.choice([*LABELS, ""], size)).tolist()
        found = scores_of(gold, guessed, neutral_label)
        occurring = sorted({*gold, *guessed} & {*emotions})
        for average in ("macro", "micro"):
            f = found[f"emotion_{average}_f"]
            expected = None
            if occurring:
                expected = pytest.approx(
                    f1_score(gold, guessed, labels=occurring, average=average, zero_division=0.0)
                )
            assert f == expected
        if len({*gold, *guessed}) > 1:
            assert found["emotion_mcc"] == pytest.approx(matthews_corrcoef(gold, guessed))


def test_confusions_are_counted_by_dialogue(labels: tuple[list[str], list[str]]) -> None:
    gold, predicted = labels
    quiet = ["" if row % 9 == 0 else label for row, label in enumerate(predicted)]
    turns = LabelledTurns.of_labels([gold[:80], [], gold[80:]], [quiet[:80], [], quiet[80:]])
    counts = confusions_by_dialogue(turns)
    columns = [*LABELS, ""]
    expected = [
        confusion_matrix(gold[rows], quiet[rows], labels=columns)[:-1]
        for rows in (slice(80), slice(80, None))
    ]
    assert counts[[0, 2]].tolist() == [rows.tolist() for rows in expected]
    assert not counts[1].any()
    assert confusion(turns) == (LABELS, columns, sum(expected).tolist())
    sound = confusion(LabelledTurns.of_labels([gold], [predicted]))
    assert sound.predicted == LABELS


def test_many_matrices_at_once_give_the_figures_of_each() -> None:
    counts = np.random.default_rng(0).integers(0, 5, (7, 4, 5))
    emotions = emotional(tuple(LABELS), "no emotion")
    together = standard_figures(counts, emotions)
    for row, matrix in enumerate(counts):
        for name, value in standard_figures(matrix, emotions).items():
            assert together[name][row] == value


def test_figures_need_no_scikit_learn() -> None:
    """It is slow to import, and the referee of these tests only."""
    code = "import sys, spacy_casn.scoring.scorer; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
