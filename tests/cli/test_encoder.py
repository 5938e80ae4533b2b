import shutil
from pathlib import Path

from typer.testing import CliRunner

from spacy_casn.cli import app

RUNNER = CliRunner()


def run(*args: object) -> tuple[int, str]:
    result = RUNNER.invoke(app, ["encoder", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def test_an_encoder_is_shown_and_saved(fake_bert_encoder: Path, tmp_path: Path) -> None:
    code, output = run(fake_bert_encoder, "--output", tmp_path / "saved")
    assert code == 0, output
    assert "width 24 length limit 64 word pieces" in output
    assert str(fake_bert_encoder) in output
    assert "No published sum is known" in output
    assert "Saved to" in output
    code, again = run(tmp_path / "saved")
    assert code == 0
    assert again.split("sha256")[1].split()[0] == output.split("sha256")[1].split()[0]


def test_wrong_weights_are_one_sentence(fake_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fake_encoder, tmp_path / "all-MiniLM-L6-v2")
    code, output = run(folder)
    assert code == 1
    assert "but the published weights of all-MiniLM-L6-v2 have 53aa" in output
    code, output = run(tmp_path / "nowhere" / "at" / "all")
    assert (code, "can't be loaded" in output) == (1, True)
