import json
from importlib.metadata import version
from pathlib import Path

from spacy.language import Language
from typer.testing import CliRunner

from spacy_casn.cli import app

RUNNER = CliRunner()


def test_the_installation_is_shown() -> None:
    result = RUNNER.invoke(app, ["info"])
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert f"spacy {version('spacy')}" in output
    assert "all-MiniLM-L6-v2" in output
    assert "threads on" in output
    assert "Pipeline" not in output


def test_a_pipeline_is_shown(trained: Language, tmp_path: Path) -> None:
    trained.meta["performance"] = {"emotion_macro_f": 0.431, "measured_on": "daily/test"}
    trained.to_disk(tmp_path / "pipeline")
    result = RUNNER.invoke(app, ["info", str(tmp_path / "pipeline")])
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "labels anger, happiness, no emotion, surprise neutral label no emotion" in output
    assert "window 4 attention past" in output
    assert "on daily/test emotion_macro_f 43.10" in output


def test_json_is_all_that_stdout_holds(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "pipeline")
    result = RUNNER.invoke(app, ["info", str(tmp_path / "pipeline"), "--json"])
    found = json.loads(result.stdout)
    assert found["pipeline"]["labels"] == ["anger", "happiness", "no emotion", "surprise"]
    assert found["versions"]["spacy"] == version("spacy")
    assert "pipeline" not in json.loads(RUNNER.invoke(app, ["info", "--json"]).stdout)


def test_a_missing_pipeline_is_one_sentence(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(tmp_path / "nowhere"), "--json"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No pipeline" in result.stderr
