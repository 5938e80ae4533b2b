"""Files from who knows where: long lines, bombs, pipes, and what is said of them."""

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_casn.annotation.run import annotate
from spacy_casn.formats.bounded_parquet import BoundedParquet
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.sources import Source
from spacy_casn.storage import archives
from spacy_casn.storage.shown import NO_CONTENT

LINE = json.dumps({"turns": [{"text": "Hello there."}]}) + "\n"
SECRET = "my card is 4111"


def refusal(path: Path, *, source_format: str | None = None) -> str:
    """What is said of a file that can't be read."""
    with pytest.raises(ValueError, match=path.name) as refused:
        list(read_file(path, Faults(), source_format=source_format))
    return str(refused.value)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv"])
def test_a_line_that_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SPACY_CASN_MAX_LINE", "200")
    long = json.dumps({"turns": [{"text": 300 * "x"}]}) if name == "a.jsonl" else 300 * "x"
    lines = [LINE, f"{long}\n", LINE] if name == "a.jsonl" else ["text\n", f"{long}\n", "Hi\n"]
    path = tmp_path / name
    path.write_text("".join(lines), encoding="utf-8")
    told = refusal(path, source_format=path.suffix[1:])
    assert f"{name}, line 2: it is longer than 200 bytes" in told
    assert "SPACY_CASN_MAX_LINE" in told
    with Faults("skip", tmp_path / "out") as faults:
        found = list(read_file(path, faults, source_format=path.suffix[1:]))
    assert sum(len(dialogue.turns) for dialogue in found) == (2 if name == "a.jsonl" else 1)
    assert faults.count == 1


def test_a_text_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_CASN_MAX_FILE", "100")
    path = tmp_path / "a.txt"
    path.write_text(100 * "Ann: Hello.\n", encoding="utf-8")
    assert "more than 100 bytes" in refusal(path)


@pytest.mark.parametrize("value", ["none", "0", "-1", "1.5"])
def test_bounds_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SPACY_CASN_MAX_LINE", value)
    path = tmp_path / "a.jsonl"
    path.write_text(LINE, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"SPACY_CASN_MAX_LINE = '{value}': give a number"):
        list(read_file(path, Faults()))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.txt.gz", "a.csv.gz", "a.json.gz"])
def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(archives, "MIN_CHECKED", 100_000)
    path = tmp_path / name
    line = LINE if "jsonl" in name else "Ann: Hello.\n"
    path.write_bytes(gzip.compress(b"text\n" * ("csv" in name) + 500_000 * line.encode()))
    told = refusal(path, source_format=name.split(".")[1])
    assert "unpacks to more than" in told


def test_damage_in_what_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(os.urandom(1000))[:500])
    assert "can't be unpacked" in refusal(path, source_format="jsonl")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"turns":[{"text":"' + SECRET.encode() + b"\xff" * 100_000 + b'"}]}\n'),
        ("a.jsonl", f'{{"turns":[{{"text":"{SECRET}"'.encode() + b"x" * 100_000),
        ("a.jsonl", f'{{"turns":[{{"text":"{SECRET}"}}]}}\n'.encode("utf-16")),
        ("a.jsonl", f'{{"turns":[{{"text":["{SECRET * 1000}", 3]}}]}}\n'.encode()),
        ("a.csv", f"{SECRET * 1000},b\n".encode()),
        ("a.csv", f'text,b\n"{SECRET * 1000}"x,b\n'.encode()),
        ("a.csv", f"text\n{SECRET}".encode() + b"\xff" * 100_000),
        ("a.txt", f"Ann: {SECRET}\n".encode() + b"\xc3\xa9\xff" * 100_000),
        ("a.json", f'{{"turns": [{{"text": "{SECRET * 1000}"}}'.encode()),
        ("a.json", f'[{{"turns": [{{"text": "", "{SECRET * 1000}": 1, "text": 2}}]}}]'.encode()),
    ],
)
def test_messages_hold_little_of_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    told = refusal(path, source_format=path.suffix[1:])
    assert len(told) < len(str(path)) + 500
    assert told.count(SECRET) <= 5
    monkeypatch.setenv(NO_CONTENT, "1")
    assert SECRET not in refusal(path, source_format=path.suffix[1:])


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("a.jsonl", LINE + '{"turns":[{"text":"a"}],"turns":[{"text":"b"}]}\n', "line 2: the key"),
        ("a.jsonl", '{"x":1e999,"turns":[{"text":"a"}]}\n', "line 1: 1e999"),
        ("a.json", '{\n"turns":[{"text":"a",\n"n": NaN}]}', "line 3: NaN"),
    ],
)
def test_json_that_would_lose_something(
    tmp_path: Path, name: str, content: str, place: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert f"{name}, {place}" in refusal(path)


def test_an_unknown_time_zone(tmp_path: Path) -> None:
    kind = pa.timestamp("s", tz="Mars/Base")
    table = pa.table({"text": ["Hello."], "when": pa.array([0], kind)})
    pq.write_table(table, tmp_path / "a.parquet")
    assert "column 'when' has times in the time zone 'Mars/Base'" in refusal(tmp_path / "a.parquet")


HEX = random.Random(0).randbytes(1_000_000).hex()
"""Two million bytes, which don't get smaller than half of that."""


def write_repeated(path: Path, *, size: int, rows: int, **settings: Any) -> None:
    """Make a Parquet file with a text of this size in all rows."""
    text = pa.array([HEX[:size]] * rows)
    table = pa.table({"dialogue": list(map(str, range(rows))), "text": text, "seen": text})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=2**30, **settings)


def test_a_text_that_stands_in_many_rows_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    write_repeated(path, size=200, rows=50)
    monkeypatch.setenv("SPACY_CASN_MAX_LINE", "1000")
    with path.open("rb") as file:
        batches = list(BoundedParquet(file, Source(path)).batches(Faults()))
    assert max(batch.num_rows for _, batch in batches) == 2
    assert [first + index for first, batch in batches for index in range(len(batch))] == [
        *range(1, 51)
    ]
    found = list(read_file(path, Faults()))
    assert [dialogue.turns for dialogue in found] == [[HEX[:200]]] * 50


def test_a_row_of_parquet_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_repeated(tmp_path / "a.parquet", size=600, rows=3, use_dictionary=False)
    monkeypatch.setenv("SPACY_CASN_MAX_LINE", "1000")
    assert "a.parquet, row 1: it is longer than 1,000 bytes: break it up" in refusal(
        tmp_path / "a.parquet"
    )


def test_a_dictionary_of_parquet_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_repeated(tmp_path / "a.parquet", size=10_000, rows=3)
    monkeypatch.setenv("SPACY_CASN_MAX_LINE", "1000")
    assert "column 'text' has a dictionary of more than 1,000 bytes: write the file" in refusal(
        tmp_path / "a.parquet"
    )


def test_a_text_of_parquet_that_comes_again_without_end(tmp_path: Path) -> None:
    write_repeated(tmp_path / "a.parquet", size=500_000, rows=320)
    told = refusal(tmp_path / "a.parquet")
    assert "a.parquet' unpacks to more than" in told
    assert "over 200 times its own" in told


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.list_(pa.struct([("word", pa.string()), ("count", pa.int64())])),
        pa.list_(pa.string_view()),
    ],
)
def test_columns_of_parquet_keep_their_types(model: str, tmp_path: Path, kind: pa.DataType) -> None:
    plain = ["hi", None, "hi"]
    values: list[Any] = [one and [one] for one in plain] if kind.num_fields else plain
    if "struct" in str(kind):
        values = [[{"word": "hi", "count": 1}], None, []]
    table = pa.table({"text": ["You won!", "No!", "Why?"], "kept": pa.array(values, kind)})
    try:
        pq.write_table(table, tmp_path / "in.parquet")
    except pa.ArrowNotImplementedError:
        pytest.skip(f"this pyarrow writes no {kind}")
    annotate(model, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.schema.field("kept").type == pq.read_schema(tmp_path / "in.parquet").field(1).type
    assert found["kept"].to_pylist() == values


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="it needs a device without an end")
def test_a_device_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_CASN_MAX_FILE", "100000")
    with pytest.raises(ValueError, match="/dev/zero: it holds more than 100,000 bytes"):
        list(read_file(Path("/dev/zero"), Faults(), source_format="txt"))


def test_a_parquet_file_that_unpacks_without_bound_is_refused(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 50, pa.int32()), ["y" * 2_000_000])
    table = pa.table({"dialogue": ["1"] * 50, "text": text})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    with pytest.raises(ValueError, match=r"the column 'text' unpacks to more than"):
        list(read_file(tmp_path / "bomb.parquet", Faults()))
