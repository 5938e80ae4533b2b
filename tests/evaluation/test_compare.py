import json
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_casn.cli import app
from spacy_casn.evaluation.compare import compare
from spacy_casn.evaluation.evaluate import evaluate

from ..conftest import MakeNlp, examples_of

RUNNER = CliRunner()


@pytest.fixture
def pipelines(trained: Language, make_nlp: MakeNlp, tmp_path: Path) -> tuple[str, str, Path]:
    """One that has learned nothing, one that has learned all, and the dialogues."""
    examples = examples_of(trained)
    untrained = make_nlp()
    untrained.initialize(lambda: examples)
    untrained.to_disk(tmp_path / "untrained")
    trained.to_disk(tmp_path / "trained")
    DocBin(docs=[example.reference for example in examples]).to_disk(tmp_path / "test.spacy")
    return str(tmp_path / "untrained"), str(tmp_path / "trained"), tmp_path / "test.spacy"


def test_figures_are_those_of_evaluate_and_turns_flip(pipelines: tuple[str, str, Path]) -> None:
    first, second, data = pipelines
    found = compare(first, second, data, bootstrap=50)
    for side, model in (("first", first), ("second", second)):
        measured = evaluate(model, data, bootstrap=0)
        assert found[side] == {name: measured[name] for name in found[side]}
    rights = [round(9 * found[side]["emotion_acc"]) for side in ("first", "second")]
    gained = [turn for turn in found["flipped"] if turn["second"] == turn["gold"]]
    assert len(gained) - (len(found["flipped"]) - len(gained)) == rights[1] - rights[0] > 0
    low, high = found["difference_intervals"]["emotion_acc"]
    assert low <= found["second"]["emotion_acc"] - found["first"]["emotion_acc"] <= high


def test_a_pipeline_does_not_differ_from_itself(pipelines: tuple[str, str, Path]) -> None:
    found = compare(pipelines[1], pipelines[1], pipelines[2], bootstrap=20)
    assert found["flipped"] == []
    intervals = found["difference_intervals"]
    assert intervals["emotion_acc"] == [0, 0]
    assert set(map(tuple, intervals["emotion_f_per_type"].values())) == {(0, 0)}


def test_the_command_prints_and_writes(pipelines: tuple[str, str, Path], tmp_path: Path) -> None:
    output = tmp_path / "compared.json"
    command = ["compare", *map(str, pipelines), "--output", str(output), "--bootstrap", "50"]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["flipped"] == compare(*pipelines, bootstrap=50)["flipped"]
    for turn in written["flipped"]:
        assert f"dialogue {turn['dialogue']}, turn {turn['turn']}: " in result.output
    difference = np.subtract(*(written[side]["emotion_acc"] for side in ("second", "first")))
    assert f"{100 * difference:+.2f}" in result.output


def test_what_cannot_be_compared_is_refused(
    pipelines: tuple[str, str, Path], make_nlp: MakeNlp, tmp_path: Path
) -> None:
    first, second, data = pipelines
    result = RUNNER.invoke(app, ["compare", first, second, str(data), "--bootstrap", "0"])
    assert (result.exit_code, "--bootstrap 0 must be at least 1" in result.output) == (1, True)
    other = make_nlp(neutral_label="")
    other.initialize(lambda: examples_of(other))
    other.to_disk(tmp_path / "other")
    with pytest.raises(ValueError, match="compare pipelines that have the same"):
        compare(first, str(tmp_path / "other"), data)
