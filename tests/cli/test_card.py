import json
from pathlib import Path

from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_casn.cli import app

from ..conftest import examples_of

RUNNER = CliRunner()


def run(*args: object) -> tuple[int, str]:
    result = RUNNER.invoke(app, list(map(str, args)))
    return result.exit_code, " ".join(result.output.split())


def test_a_card_is_written_from_what_evaluate_wrote(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "pipeline")
    docs = [example.reference for example in examples_of(trained)]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    metrics = tmp_path / "metrics.json"
    run("evaluate", tmp_path / "pipeline", tmp_path / "test.spacy", "--output", metrics)
    options = [
        "--metrics",
        metrics,
        "--data",
        "sample",
        "--name",
        "casn_tiny",
        "--version",
        "2.0.0",
    ]
    code, output = run("card", tmp_path / "pipeline", *options, "--output", tmp_path / "out")
    assert code == 0, output
    assert "Wrote README.md and meta.json to" in output
    meta = json.loads((tmp_path / "out" / "meta.json").read_text(encoding="utf-8"))
    assert (meta["license"], meta["name"], meta["version"]) == ("MIT", "casn_tiny", "2.0.0")
    assert (
        (tmp_path / "out" / "README.md")
        .read_text(encoding="utf-8")
        .startswith("# en_casn_tiny 2.0.0")
    )
    code, output = run("card", tmp_path / "nowhere")
    assert (code, "no directory of a pipeline" in output) == (1, True)
