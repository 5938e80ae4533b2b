"""The code in docs/pictures.md runs as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from spacy.language import Language
from typer.testing import CliRunner

import spacy_casn
from spacy_casn.cli import app

from ..conftest import ROOT
from .conftest import Files
from .parsed import parse

TEXT = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(
    files: Files, trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The page's files, under the names that it gives them."""
    trained.to_disk(tmp_path / "en_casn_dailydialog")
    for stage, path in (("ce", files.before), ("triplet", files.model)):
        target = tmp_path / "training" / "sample" / stage / "model-best"
        target.parent.mkdir(parents=True)
        Path(path).rename(target)
        (tmp_path / f"{stage}.jsonl").rename(tmp_path / "training" / "sample" / f"{stage}.jsonl")
    (tmp_path / "corpus" / "sample").mkdir(parents=True)
    (tmp_path / "corpus" / "sample" / "test.spacy").write_bytes(files.data.read_bytes())
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "transcript.txt").write_text(
        "Ann: You won!\nBen: Really?\n", encoding="utf-8"
    )
    chats = "dialogue,speaker,text\n1,Ann,You won!\n1,Ben,Really?\n2,Ann,Fine.\n"
    (tmp_path / "chats.csv").write_text(chats, encoding="utf-8")
    monkeypatch.setattr(spacy_casn, "load", lambda: trained)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_code_runs(folder: Path) -> None:
    names: dict[str, object] = {}
    exec("".join(blocks("python")), names)
    page = parse((folder / "dialogue.html").read_text(encoding="utf-8"))
    assert len(page.all("casn-turn")) == 3
    assert len(parse(str(names["html"])).all("casn-dialogue")) == 2
    assert (folder / "summary.xlsx").exists()
    assert (folder / "report.html").exists()
    assert len(names["left_out"]) == 2  # type: ignore[arg-type]


def test_the_commands_run(folder: Path) -> None:
    commands = "".join(blocks("bash")).replace("\\\n", "").splitlines()
    assert len(commands) == 4
    for command in commands:
        # The tiny pipeline stands in for the pretrained one.
        words = shlex.split(command.replace(" pretrained ", " en_casn_dailydialog "))
        python, module, spacy, casn, *args = words
        assert [python, module, spacy, casn] == ["python", "-m", "spacy", "casn"]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.output
    assert (folder / "transcript.html").exists()
    assert (folder / "annotated-summary.html").exists()
    assert "Worst errors" in (folder / "report.html").read_text(encoding="utf-8")
