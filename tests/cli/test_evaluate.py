import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from sklearn.metrics import confusion_matrix
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner, Result

from spacy_casn.cli import app
from spacy_casn.training.corpus import DialogueCorpus

from ..conftest import examples_of

RUNNER = CliRunner()
NAMES = [f"emotion_{name}" for name in ("macro_f", "micro_f", "weighted_f", "mcc", "acc")]


@pytest.fixture
def pipeline(trained: Language, tmp_path: Path) -> Path:
    """Saved so that it abstains from some turns."""
    trained.get_pipe("casn_emotion").model.get_ref("classifier").shims[0]._model[1].weight.data *= 0.3
    trained.to_disk(tmp_path / "pipeline")
    DocBin(docs=[example.reference for example in examples_of(trained)] * 3).to_disk(
        tmp_path / "test.spacy"
    )
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


@pytest.mark.parametrize("abstain_below", [0.0, 0.5])
def test_confusion_counts_gold_by_predicted(pipeline: Path, abstain_below: float) -> None:
    nlp = spacy.load(
        pipeline, config={"components": {"casn_emotion": {"abstain_below": abstain_below}}}
    )
    nlp.to_disk(pipeline)
    result, metrics = evaluate(pipeline)
    assert result.exit_code == 0, result.output
    gold, predicted = [], []
    for example in DialogueCorpus(pipeline.parent / "test.spacy")(nlp):
        turns = nlp(example.predicted.copy()).spans["turns"]
        for truth, turn in zip(example.reference.spans["turns"], turns, strict=True):
            if truth.label_:
                gold.append(truth.label_)
                predicted.append(turn.label_)
    assert ("" in predicted) == (abstain_below > 0)
    confusion = metrics["emotion_confusion"]
    labels = list(metrics["emotion_f_per_type"])
    columns = [*labels, ""] if "" in predicted else labels
    assert confusion["labels"] == labels
    assert confusion["predicted"] == columns
    counts = confusion_matrix(gold, predicted, labels=columns)[: len(labels)]
    assert confusion["counts"] == counts.tolist()
    assert ("no label" in result.output) == ("" in predicted)


@pytest.mark.parametrize(("option", "value"), [("--bootstrap", -1), ("--seed", -2)])
def test_a_negative_number_is_one_sentence(pipeline: Path, option: str, value: int) -> None:
    result, metrics = evaluate(pipeline, option, value)
    assert result.exit_code == 1
    assert f"{option} {value}: give at least 0." in " ".join(result.output.split())
    assert not metrics
