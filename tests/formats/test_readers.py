import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_casn.formats import readers
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.readers import opened
from spacy_casn.formats.records import Record
from spacy_casn.formats.sources import Source
from spacy_casn.formats.table import Columns

COLUMNS = Columns("call", "said", order="n")
HEADER = "call,n,said\n"


def records(path: Path, columns: Columns | None = COLUMNS) -> list[Record]:
    with opened([Source(path)], path.suffix[1:], columns, Faults()) as reading:
        return list(reading.records)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"turns": []}\n\n{"turns": [}', r"a\.jsonl, line 3: no dialogue"),
        ("a.jsonl", '{"turns": [{"txt": "Hi"}]}', r"a\.jsonl, line 1: .*KeyError\('text'\)"),
        ("a.jsonl", '{"turns": [{"text": 3}]}', r"a\.jsonl, line 1: 3 must be a text"),
        ("a.jsonl", '{"turns": ["Hi"]}', r"a\.jsonl, line 1: no dialogue"),
        ("a.jsonl", "[]", r"a\.jsonl, line 1: no dialogue"),
        ("a.jsonl", 100_000 * "[", r"a\.jsonl, line 1: no dialogue .*RecursionError"),
        ("a.csv", "call,text\n", r"a\.csv, line 1: no column 'said': the file has call, text"),
        ("a.csv", "call,n,said,x,x\n", r"a\.csv, line 1: 2 columns 'x': rename"),
        ("a.csv", f"{HEADER}a,1\n", r"a\.csv, line 2: 2 cells, but the header has 3"),
        ("a.csv", f"{HEADER}a,1,Hi\n,2,Hi\n", r"line 3: the cell in 'call' is empty"),
        ("a.csv", f"{HEADER}a,one,Hi\n", r"line 2: 'one' in 'n' is no number"),
        ("a.csv", f"{HEADER}a,1,Hi\na,1,Oh\n", r"line 3: .* the number 1 in 'n' already on line 2"),
        (
            "a.tsv",
            f"{HEADER}a,1,Hi\nb,1,Oh\na,2,Hi\n".replace(",", "\t"),
            r"a\.tsv, line 4: the dialogue 'a' was there before: sort the rows",
        ),
        ("a.txt", b"Hi\ncaf\xe9", r"a\.txt, line 2: the byte 0xe9 is no UTF-8"),
        ("a.spacy", "Hi", r"a\.spacy' is no readable DocBin"),
        ("a.parquet", "Hi, this is no table", r"a\.parquet' is no readable Parquet"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message):
        records(tmp_path / name)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"call": ["a"], "said": ["Hi"]}, "no column 'n': the file has call, said"),
        ({"call": ["a"], "said": [3], "n": [1]}, "the column 'said' holds int64, not text"),
        ({"call": ["a", None], "said": ["x", "y"], "n": [1, 2]}, "row 2: the cell in 'call' is"),
        ({"call": ["a", "a"], "said": ["x", "y"], "n": [1, None]}, "row 2: '' in 'n' is no number"),
        (
            {"call": ["a", "b", "a"], "said": ["x", "y", "z"], "n": [1, 1, 2]},
            "row 3: the dialogue 'a' was there before",
        ),
    ],
)
def test_a_bad_parquet_table_is_named(
    tmp_path: Path, columns: dict[str, list], message: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=rf"a\.parquet.*{message}"):
        records(tmp_path / "a.parquet")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_asks_for_its_columns_and_lists_them(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        path.write_text(HEADER, encoding="utf-8")
    else:
        pq.write_table(pa.table({"call": ["a"], "n": [1], "said": ["Hi"]}), path)
    with pytest.raises(
        ValueError, match=r"both --dialogue-column and --text-column.*call, n, said"
    ):
        records(path, None)


def test_a_dialogue_may_go_on_over_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers.load_parquet(), "READ_ROWS", 2)
    table = {"call": list("aaabbc"), "n": [3, 1, 2, 5, 4, 1], "said": list("uvwxyz")}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    found = records(tmp_path / "a.parquet")
    assert [record.texts for record in found] == [["v", "w", "u"], ["y", "x"], ["z"]]
    assert [record.place.rpartition(" ")[2] for record in found] == ["1", "4", "6"]
    rows = [row["said"] for record in found if record.rows for row in record.rows.dicts()]
    assert rows == table["said"]


def test_a_missing_pyarrow_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "spacy_casn.formats.parquet", raising=False)
    monkeypatch.delattr("spacy_casn.formats.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").touch()
    with pytest.raises(
        ValueError, match=r"the package pyarrow: `pip install spacy-casn\[parquet\]"
    ):
        records(tmp_path / "a.parquet")


def test_a_broken_page_of_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"call": ["a"] * 99, "n": [*range(99)], "said": ["Hi"] * 99}), path)
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"row 1 on, is no readable Parquet file"):
        records(path)


def test_parquet_text_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ends = pa.py_buffer(np.array([0, 1, 2], np.int32))
    said = pa.StringArray.from_buffers(2, ends, pa.py_buffer(b"a\xff"))
    pq.write_table(pa.table({"call": ["a"] * 2, "n": [1, 2], "said": said}), path)
    with pytest.raises(ValueError, match=r"from row 1 on,.*Invalid UTF8 sequence.*index 1\)"):
        records(path)
