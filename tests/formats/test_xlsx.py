from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.records import Columns
from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

COLUMNS = Columns("call", "said", "who")


def stored(folder: Path, rows: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.create_sheet("second")
    for row in rows:
        sheet.append(row)
    path = folder / "calls.xlsx"
    workbook.save(path)
    return path


def test_the_first_sheet_with_anything_is_read(tmp_path: Path) -> None:
    path = stored(
        tmp_path,
        [
            ["call", "who", "said", "when"],
            [17, "Ann", "Hi!", datetime(2025, 3, 14, 19, 2)],
            [18, "Cid", None, None],
            [],
            [17.0, "Ben", "Ho!"],
        ],
    )
    assert recognised(Source(path)).name == "xlsx"
    first, second = read_file(path, Faults(), columns=COLUMNS)
    assert (first.name, first.speakers, first.turns) == ("17", ["Ann", "Ben"], ["Hi!", "Ho!"])
    assert first.fields[0]["when"] == "2025-03-14T19:02:00"
    assert second.turns == [""]


def test_a_damaged_workbook_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path, [["call"]])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"calls\.xlsx' is no readable workbook"):
        list(read_file(path, Faults(), columns=COLUMNS))
