import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_casn.data.types import Dialogue
from spacy_casn.formats import bounded_parquet
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.records import Columns

COLUMNS = Columns("call", "said", order="n")
HEADER = "call,n,said\n"


def dialogues(path: Path, columns: Columns | None = COLUMNS) -> list[Dialogue]:
    return list(read_file(path, Faults(), columns=columns))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"turns": []}\n\n{"turns": [}', r"a\.jsonl, line 3: no dialogue"),
        ("a.jsonl", '{"turns": [{"txt": "Hi"}]}', r"a\.jsonl, line 1: .*turn 1 has no .text"),
        ("a.jsonl", '{"turns": [{"text": 3}]}', r"a\.jsonl, line 1: the text 3 must be a text"),
        ("a.jsonl", '{"turns": ["Hi"]}', r"a\.jsonl, line 1: no dialogue"),
        ("a.jsonl", "[]", r"a\.jsonl, line 1: no dialogue"),
        ("a.jsonl", 100_000 * "[", r"a\.jsonl, line 1: it is nested too deeply"),
        ("a.csv", "call,text\n", r"a\.csv, line 1: no column 'said': the file has call, text"),
        ("a.csv", "call,n,said,x,x\n", r"a\.csv, line 1: 2 columns 'x': rename"),
        ("a.csv", f"{HEADER}a,1\n", r"a\.csv, line 2: 2 cells, but the header has 3"),
        ("a.csv", f"{HEADER}a,1,Hi\n,2,Hi\n", r"line 3: the cell in 'call' is empty"),
        ("a.csv", f"{HEADER}a,one,Hi\n", r"line 2: 'one' in 'n' is no number"),
        ("a.csv", f"{HEADER}a,1,Hi\na,1,Oh\n", r"line 3: .* the number 1 in 'n' already on line 2"),
        ("a.txt", b"Hi\ncaf\xff", r"a\.txt, line 2: the byte 0xff is no UTF-8"),
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
        dialogues(tmp_path / name)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"call": ["a"], "said": ["Hi"]}, "no column 'n': the file has call, said"),
        ({"call": ["a"], "said": [3], "n": [1]}, "the column 'said' holds int64, not text"),
        ({"call": ["a", None], "said": ["x", "y"], "n": [1, 2]}, "row 2: the cell in 'call' is"),
        ({"call": ["a", "a"], "said": ["x", "y"], "n": [1, None]}, "row 2: '' in 'n' is no number"),
    ],
)
def test_a_bad_parquet_table_is_named(
    tmp_path: Path, columns: dict[str, list], message: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=rf"a\.parquet.*{message}"):
        dialogues(tmp_path / "a.parquet")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_asks_for_its_columns_and_lists_them(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        path.write_text(HEADER, encoding="utf-8")
    else:
        pq.write_table(pa.table({"call": ["a"], "n": [1], "said": ["Hi"]}), path)
    with pytest.raises(ValueError, match=r"which column holds what is said.*call, n, said"):
        dialogues(path, None)


def test_a_dialogue_may_go_on_over_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_parquet, "READ_ROWS", 2)
    table = {"call": list("aaabbc"), "n": [3, 1, 2, 5, 4, 1], "said": list("uvwxyz")}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    found = dialogues(tmp_path / "a.parquet")
    assert [dialogue.turns for dialogue in found] == [["v", "w", "u"], ["y", "x"], ["z"]]
    assert [dialogue.place.rpartition(" ")[2] for dialogue in found] == ["1", "4", "6"]
    assert [row["n"] for dialogue in found for row in dialogue.fields] == [1, 2, 3, 4, 5, 1]
    assert [list(dialogue.order) for dialogue in found] == [[1, 2, 0], [1, 0], [0]]


def test_a_missing_pyarrow_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "spacy_casn.formats.arrow", raising=False)
    monkeypatch.delattr("spacy_casn.formats.arrow", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").touch()
    with pytest.raises(
        ValueError, match=r"the package pyarrow: `pip install spacy-casn\[parquet\]"
    ):
        dialogues(tmp_path / "a.parquet")


def test_a_broken_page_of_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"call": ["a"] * 99, "n": [*range(99)], "said": ["Hi"] * 99}), path)
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"row 1 on, is no readable Parquet file"):
        dialogues(path)


def test_parquet_text_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ends = pa.py_buffer(np.array([0, 1, 2], np.int32))
    said = pa.StringArray.from_buffers(2, ends, pa.py_buffer(b"a\xff"))
    pq.write_table(pa.table({"call": ["a"] * 2, "n": [1, 2], "said": said}), path)
    with pytest.raises(ValueError, match=r"from row 1 on,.*Invalid UTF8 sequence.*index 1\)"):
        dialogues(path)
