"""Where results go: pipes, links, spreadsheets, closed and full ones."""

import csv
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from spacy.language import Language

from spacy_casn.annotation.annotator import Annotator
from spacy_casn.annotation.run import annotate
from spacy_casn.formats.records import Result
from spacy_casn.formats.sources import Source
from spacy_casn.formats.table import no_formula

LINE = json.dumps({"turns": [{"text": "Hello there."}]}) + "\n"


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "in.jsonl").write_text(LINE, encoding="utf-8")
    return str(tmp_path / "in.jsonl")


@pytest.mark.skipif(os.name != "posix", reason="it needs named pipes")
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_results_flow_from_a_pipe_into_a_pipe(model: str, tmp_path: Path, form: str) -> None:
    given, taken = tmp_path / "given.jsonl", tmp_path / "taken"
    os.mkfifo(given)
    os.mkfifo(taken)
    # Threads that end with the tests, also if nobody opens the other end of their pipe.
    Thread(target=given.write_text, args=(3 * LINE,), daemon=True).start()
    read: Queue[bytes] = Queue()
    Thread(target=lambda: read.put(taken.read_bytes()), daemon=True).start()
    report = annotate(model, str(given), str(taken), output_format=form)
    data = read.get()
    assert report.turns == 3
    assert given.is_fifo()
    assert taken.is_fifo()
    if form == "jsonl":
        assert len(data.splitlines()) == 3
    else:
        assert pq.read_table(pa.BufferReader(data)).num_rows == 3


def test_a_link_stays_one(model: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_text("before", encoding="utf-8")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    annotate(model, source, str(tmp_path / "link.jsonl"))
    assert (tmp_path / "link.jsonl").is_symlink()
    assert "Hello there." in (tmp_path / "real.jsonl").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs a disk that is always full")
def test_a_full_disk_is_named(model: str, source: str) -> None:
    with pytest.raises(OSError, match="/dev/full"):
        annotate(model, source, "/dev/full", output_format="jsonl")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("raw", [False, True])
def test_nothing_becomes_a_formula(model: str, tmp_path: Path, ending: str, raw: bool) -> None:
    texts = ['=HYPERLINK("http://x.example","click")', "+1+2", "-2+3", "@SUM(1)", "Hello there."]
    turns = [{"text": text, "speaker": f"@{number}"} for number, text in enumerate(texts)]
    dialogue = json.dumps({"id": "=1+2", "turns": turns}) + "\n"
    (tmp_path / "in.jsonl").write_text(dialogue, encoding="utf-8")
    output = tmp_path / f"out.{ending}"
    annotate(model, str(tmp_path / "in.jsonl"), str(output), raw=raw)
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if ending == "tsv" else ","))
    before = "" if raw else "'"
    assert [row["text"] for row in rows] == [*(before + text for text in texts[:4]), texts[4]]
    assert [row["speaker"] for row in rows] == [f"{before}@{number}" for number in range(5)]
    assert {row["dialogue"] for row in rows} == {f"{before}=1+2"}


BEGINNINGS = ["=", "+", "-", "@", "\t", "\r"]
"""Of what a spreadsheet takes for a formula."""


def hostile_table(model: str, folder: Path, ending: str, *, raw: bool) -> list[str]:
    """The texts that stand in each column of an annotated table, whose name is one of them."""
    texts = [f"{beginning}x{number}" for number, beginning in enumerate(BEGINNINGS)]
    own = [f"{text} own" for text in texts]
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["dialogue", "speaker", "text", *own])
        table.writerows([text] * (3 + len(own)) for text in texts)
    annotate(model, str(folder / "in.csv"), str(folder / f"out.{ending}"), raw=raw)
    return texts


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("raw", [False, True])
def test_all_columns_and_their_names_are_quoted(
    model: str, tmp_path: Path, ending: str, raw: bool
) -> None:
    texts = hostile_table(model, tmp_path, ending, raw=raw)
    quoted = texts if raw else [f"'{text}" for text in texts]
    with (tmp_path / f"out.{ending}").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if ending == "tsv" else ","))
    assert {f"{name} own" for name in quoted} < rows[0].keys()
    for name in ("dialogue", "speaker", "text", *(f"{name} own" for name in quoted)):
        assert {row[name] for row in rows} == set(quoted), name


def test_a_workbook_holds_texts_and_no_formulas(model: str, tmp_path: Path) -> None:
    texts = [
        text.replace("\r", "\n")  # as XML has it
        for text in hostile_table(model, tmp_path, "xlsx", raw=False)
    ]
    header, *rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["turns"].iter_rows()
    assert {f"{name} own" for name in texts} < {cell.value for cell in header}
    for number, cell in enumerate(header):
        values = {row[number].value for row in rows}
        if str(cell.value).endswith("own") or cell.value in ("dialogue", "speaker", "text"):
            assert values == set(texts), cell.value
    assert "f" not in {cell.data_type for row in (header, *rows) for cell in row}


@pytest.mark.parametrize("number", ["-5", "+49301234", "-.5", "-1,5e-3"])
def test_numbers_stay_numbers(number: str) -> None:
    assert no_formula(number) == number


@pytest.mark.parametrize("text", ["=1", "-1+cmd|' /C calc'!A0", "\t=1", "\r=1", "＝1", "-"])
def test_what_spreadsheets_would_run(text: str) -> None:
    assert no_formula(text) == f"'{text}"


def test_numbers_that_are_none_become_null(model: str, tmp_path: Path) -> None:
    table = pa.table({"text": ["Hello there.", "You won!"], "loud": [math.nan, math.inf]})
    pq.write_table(table, tmp_path / "in.parquet")
    annotate(model, str(tmp_path / "in.parquet"), str(tmp_path / "out.jsonl"))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    line = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    turns = json.loads(line, parse_constant=refuse)["turns"]
    assert [turn["loud"] for turn in turns] == [None, None]


def test_settings_that_are_no_numbers_are_not_saved(trained: Language, tmp_path: Path) -> None:
    pipe: Any = trained.get_pipe("casn_emotion")
    pipe.cfg["temperature"] = math.nan
    for save in (lambda: trained.to_disk(tmp_path / "out"), pipe.to_bytes):
        with pytest.raises(ValueError, match="settings of 'casn_emotion' hold a value that is no"):
            save()


@pytest.mark.parametrize("change", ["longer", "cut off", "rewritten"])
def test_a_file_that_is_written_to_while_it_is_read_is_refused(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(LINE * 2000, encoding="utf-8")
    os.utime(source, (0, 0))
    (tmp_path / "out.jsonl").write_text("before", encoding="utf-8")
    results = Annotator.results

    def changing(self: Annotator, *args: Any, **settings: Any) -> Iterator[Result]:
        stream = results(self, *args, **settings)
        yield next(stream)
        if change == "longer":
            with source.open("a", encoding="utf-8") as file:
                file.write(LINE)
        elif change == "cut off":
            os.truncate(source, 500 * len(LINE))
        else:
            with source.open("r+", encoding="utf-8") as file:
                file.write(LINE.replace("Hello", "Never"))
        yield from stream

    monkeypatch.setattr(Annotator, "results", changing)
    with pytest.raises(ValueError, match=r"in\.jsonl: it was written to while .* give a copy"):
        annotate(model, str(source), str(tmp_path / "out.jsonl"), on_error="skip")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "before"


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("before", encoding="utf-8")
    with Source(source).opened() as file:
        (tmp_path / "new").write_text("after", encoding="utf-8")
        (tmp_path / "new").replace(source)
        assert file.read() == b"before"
