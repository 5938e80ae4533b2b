"""Writes results to files of each format, as they come."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, BinaryIO

from spacy.tokens import DocBin

from .layout import Layout
from .readers import load_parquet
from .records import Header, Result

Write = Callable[[Result], None]
Open = Callable[[BinaryIO, tuple[str, ...], Header | None], AbstractContextManager[Write]]


def writer(
    file: BinaryIO, output_format: str, labels: tuple[str, ...], header: Header | None
) -> AbstractContextManager[Write]:
    """Gives the function that writes one result; at the end what is still kept is written.

    Args:
        file: Stays open.
        output_format: One of `formats.WRITABLE`.
        labels: The pipeline's, in the order of the scores.
        header: The input's table, None where it is none.
    """
    return OPENERS[output_format](file, labels, header)


@contextmanager
def _jsonl(file: BinaryIO, labels: tuple[str, ...], header: Header | None) -> Iterator[Write]:
    if header is not None:
        _check_turn_keys(header)

    def write(result: Result) -> None:
        scores = result.scores.tolist()
        turns = _turns(result, header)
        for turn, emotion, row, silent in zip(
            turns, result.emotions, scores, result.silent, strict=True
        ):
            turn["emotion"] = emotion
            turn["scores"] = {} if silent else dict(zip(labels, row, strict=True))
        keys = result.record.keys
        if header is not None:
            keys = {"id": result.record.name}
        file.write(_json_line({**keys, "turns": turns}))

    yield write


@contextmanager
def _table(
    file: BinaryIO, labels: tuple[str, ...], header: Header | None, *, tabs: bool
) -> Iterator[Write]:
    layout = Layout(header, labels)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table = csv.writer(text, dialect="excel-tab" if tabs else "excel")
    table.writerow([*layout.kept, *layout.added])

    def write(result: Result) -> None:
        cells = zip(layout.kept_cells(result), layout.added_cells(result), strict=True)
        table.writerows([*(row[name] for name in layout.kept), *added] for row, added in cells)

    try:
        yield write
    finally:
        text.flush()
        text.detach()


@contextmanager
def _parquet(file: BinaryIO, labels: tuple[str, ...], header: Header | None) -> Iterator[Write]:
    with load_parquet().writer(file, labels, header) as write:
        yield write


@contextmanager
def _docbin(file: BinaryIO, labels: tuple[str, ...], header: Header | None) -> Iterator[Write]:
    docs = DocBin(store_user_data=True)

    def write(result: Result) -> None:
        docs.add(result.doc)

    yield write
    file.write(docs.to_bytes())


def _json_line(content: dict[str, Any]) -> bytes:
    try:
        line = json.dumps(content, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:  # half a character, which UTF-8 can hold only escaped
        line = json.dumps(content, default=str).encode()
    return line + b"\n"


def _turns(result: Result, header: Header | None) -> list[dict[str, Any]]:
    record = result.record
    if record.turns is not None:
        return [dict(turn) for turn in record.turns]
    pairs = zip(result.texts, result.speakers, strict=True)
    turns = [{"text": text, **({"speaker": name} if name else {})} for text, name in pairs]
    if header is not None and record.rows is not None:
        named = header.columns
        rows = record.rows.dicts()
        for turn, position in zip(turns, record.order, strict=True):
            for name, value in rows[position].items():
                if name not in (named.dialogue, named.text, named.speaker):
                    turn[name] = value
    return turns


def _check_turn_keys(header: Header) -> None:
    named = header.columns
    for key, column in (("text", named.text), ("speaker", named.speaker)):
        if key in header.names and column is not None and key != column:
            raise ValueError(
                f"The column '{key}' can't be kept in JSON lines, where '{column}' becomes "
                f"'{key}': rename it in the input."
            )


OPENERS: dict[str, Open] = {
    "jsonl": _jsonl,
    "csv": partial(_table, tabs=False),
    "tsv": partial(_table, tabs=True),
    "parquet": _parquet,
    "spacy": _docbin,
}
