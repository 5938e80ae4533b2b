"""The notebooks print what is stored in them."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from scripts.run_notebooks import NOTEBOOKS, code_cells, printed_by, stored

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_is_stored_in_it(
    path: Path, real_encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSI_COLORS_DISABLED", "1")
    notebook = read(path)
    printed = "".join(chain(*printed_by(notebook, tmp_path)))
    expected = "".join(chain(*map(stored, code_cells(notebook))))
    assert NUMBER.sub("0", printed).split() == NUMBER.sub("0", expected).split()
    # A turn on the edge between two labels may fall to the other side on another processor.
    numbers = [list(map(float, NUMBER.findall(text))) for text in (printed, expected)]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.05, abs=0.02)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_small_whole_and_leads_somewhere(path: Path) -> None:
    assert path.stat().st_size < 100_000
    notebook = read(path)
    numbers = [cell["execution_count"] for cell in code_cells(notebook)]
    assert numbers == list(range(1, len(numbers) + 1))
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    links = re.findall(r"\]\(([^)\s#]+)", text)
    assert links
    assert [link for link in links if not (NOTEBOOKS / link).exists()] == []
