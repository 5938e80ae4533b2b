"""A format that another package ships."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spacy_casn.annotation.run import annotate
from spacy_casn.formats.registry import formats


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = Path(__file__).with_name("plugin_format.py")
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 40
    packages = tmp_path / "packages"
    info = packages / "quips-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(module, packages)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: quips\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacy_casn_formats]\nquips=plugin_format:QUIPS\n")
    monkeypatch.syspath_prepend(packages)
    monkeypatch.delitem(sys.modules, "plugin_format", raising=False)
    formats.cache_clear()
    yield
    formats.cache_clear()


@pytest.mark.usefixtures("_installed")
def test_one_module_and_one_line_are_a_format(model: str, tmp_path: Path) -> None:
    path = tmp_path / "saved.txt"
    path.write_text("~Ann> You won!\n~Ben> Really?\n", encoding="utf-8")
    report = annotate(model, str(path), str(tmp_path / "out.jsonl"))
    assert report.read_as().startswith("Quips")
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    turns = [(turn["speaker"], turn["text"]) for turn in json.loads(line)["turns"]]
    assert turns == [("Ann", "You won!"), ("Ben", "Really?")]
