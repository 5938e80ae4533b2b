import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from sklearn.metrics import confusion_matrix
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner, Result

from spacy_casn import make_dialogue
from spacy_casn.cli import app
from spacy_casn.training.corpus import DialogueCorpus

from ..conftest import examples_of

RUNNER = CliRunner()
NAMES = [f"emotion_{name}" for name in ("macro_f", "micro_f", "weighted_f", "mcc", "acc")]


@pytest.fixture
def pipeline(trained: Language, tmp_path: Path) -> Path:
    """Beside dialogues that it has learned by heart, it is measured on one that it gets wrong."""
    trained.to_disk(tmp_path / "pipeline")
    wrong = make_dialogue(
        trained, ["Hello there.", "You won!", "Really?"], emotions=["anger", "surprise", "surprise"]
    )
    docs = [example.reference for example in examples_of(trained)]
    DocBin(docs=[*docs * 3, wrong]).to_disk(tmp_path / "test.spacy")
    return tmp_path / "pipeline"


def evaluate(pipeline: Path, *options: object) -> tuple[Result, dict[str, Any]]:
    metrics = pipeline.parent / "metrics.json"
    data = pipeline.parent / "test.spacy"
    command = ["evaluate", pipeline, data, "--output", metrics, *options]
    result = RUNNER.invoke(app, list(map(str, command)))
    found = json.loads(metrics.read_text(encoding="utf-8")) if metrics.exists() else {}
    return result, found


def test_figures_have_intervals(pipeline: Path) -> None:
    result, metrics = evaluate(pipeline, "--seed", 4, "--bootstrap", 50)
    assert result.exit_code == 0, result.output
    intervals = metrics["emotion_intervals"]
    assert (intervals["level"], intervals["resamples"], intervals["seed"]) == (0.95, 50, 4)
    for name in NAMES:
        low, high = intervals[name]
        assert low <= metrics[name] <= high
        assert f"{100 * low:.2f} to {100 * high:.2f}" in result.output
    again = evaluate(pipeline, "--seed", 4, "--bootstrap", 50)[1]["emotion_intervals"]
    assert again == intervals
    assert evaluate(pipeline)[1]["emotion_intervals"]["resamples"] == 1000


def test_without_bootstrap_the_rest_is_the_same(pipeline: Path) -> None:
    result, bare = evaluate(pipeline, "--bootstrap", 0)
    assert result.exit_code == 0, result.output
    assert bare["emotion_intervals"] is None
    assert " to " not in result.output.split("Confusion")[0]
    with_intervals = evaluate(pipeline)[1]
    for name, value in bare.items():
        if name != "emotion_intervals":
            assert with_intervals[name] == value


def test_figures_are_those_of_spacys_own_evaluation(pipeline: Path) -> None:
    _, metrics = evaluate(pipeline, "--bootstrap", 0)
    nlp = spacy.load(pipeline)
    expected = nlp.evaluate(DialogueCorpus(pipeline.parent / "test.spacy")(nlp))
    for name, value in expected.items():
        if name.startswith("emotion_") and name != "emotion_f_per_type":
            assert metrics[name] == pytest.approx(value)


@pytest.mark.parametrize("abstains", [False, True])
def test_confusion_counts_gold_by_predicted(pipeline: Path, abstains: bool) -> None:
    nlp = spacy.load(pipeline)
    examples = list(DialogueCorpus(pipeline.parent / "test.spacy")(nlp))
    docs = list(nlp.pipe(example.predicted.copy() for example in examples))
    sureness = np.concatenate([doc.spans["turns"].attrs["scores"].max(axis=1) for doc in docs])
    nlp.get_pipe("casn_emotion").abstain_below = float(np.median(sureness)) if abstains else 0.0
    settings = {"abstain_below": nlp.get_pipe("casn_emotion").abstain_below}
    spacy.load(pipeline, config={"components": {"casn_emotion": settings}}).to_disk(pipeline)
    result, metrics = evaluate(pipeline)
    assert result.exit_code == 0, result.output
    gold, predicted = [], []
    for example in examples:
        doc = nlp(example.predicted.copy())
        for truth, turn in zip(example.reference.spans["turns"], doc.spans["turns"], strict=True):
            if truth.label_:
                gold.append(truth.label_)
                predicted.append(turn.label_)
    assert ("" in predicted) == abstains
    confusion = metrics["emotion_confusion"]
    labels = list(metrics["emotion_f_per_type"])
    columns = [*labels, ""] if abstains else labels
    assert confusion["labels"] == labels
    assert confusion["predicted"] == columns
    counts = confusion_matrix(gold, predicted, labels=columns)[: len(labels)]
    assert confusion["counts"] == counts.tolist()
    assert ("no label" in result.output) == abstains


@pytest.mark.parametrize(("option", "value"), [("--bootstrap", -1), ("--seed", -2)])
def test_a_negative_number_is_one_sentence(pipeline: Path, option: str, value: int) -> None:
    result, metrics = evaluate(pipeline, option, value)
    assert result.exit_code == 1
    assert f"{option} {value}: give at least 0." in " ".join(result.output.split())
    assert not metrics


TABLE = """call;who;said;feeling
7;Ann;Hello there.;neutral
7;Ben;You won!;joy
7;Ann;Really?;surprise
7;Ben;Yes, really.;
"""
NAMED = ("--dialogue-column", "call", "--text-column", "said", "--speaker-column", "who")


def evaluate_table(pipeline: Path, *options: str) -> tuple[int, str]:
    table = pipeline.parent / "labelled.csv"
    table.write_text(TABLE, encoding="utf-8")
    command = ["evaluate", str(pipeline), str(table), "--bootstrap", "0", *options]
    result = RUNNER.invoke(app, command)
    return result.exit_code, " ".join(result.output.split())


def test_any_table_can_be_measured_on_and_labels_are_renamed(pipeline: Path) -> None:
    maps = ("--map", "joy=happiness", "--map", "neutral=no emotion")
    code, output = evaluate_table(pipeline, *NAMED, "--emotion-column", "feeling", *maps)
    assert code == 0, output
    assert "accuracy 100.00" in output


def test_unknown_labels_are_named_with_the_map_that_mends_them(pipeline: Path) -> None:
    code, output = evaluate_table(pipeline, *NAMED, "--emotion-column", "feeling")
    assert code == 1
    assert "2 turns have labels that the pipeline doesn't know, joy, neutral" in output
    assert "by --map, such as joy=happiness, neutral=no emotion;" in output


def test_a_table_without_a_column_of_labels_says_which_option_names_it(pipeline: Path) -> None:
    code, output = evaluate_table(pipeline, *NAMED)
    assert code == 1
    assert "as --emotion-column" in output


def test_a_label_that_no_turn_has_cannot_be_renamed(pipeline: Path) -> None:
    named = (*NAMED, "--emotion-column", "feeling")
    code, output = evaluate_table(pipeline, *named, "--map", "jov=happiness")
    assert code == 1
    assert "'jov', which is to be renamed by --map" in output
