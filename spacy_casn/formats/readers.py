"""Reads dialogues from files of each format, one after the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import ModuleType

from spacy.vocab import Vocab

from ..data.dialogue import check_speakers
from ..training.corpus import unpack_docs
from .encoding import as_text, decoded
from .faults import Faults
from .grouping import Names, Row, dialogues
from .jsonl import parse_line
from .records import Header, PlainRows, Reading, Readings, Record
from .sources import Source
from .table import Columns, TableRows, check_header, read_turn

Open = Callable[[Source, Columns | None, Names, Faults], AbstractContextManager[Reading]]


@contextmanager
def opened(
    sources: Sequence[Source], source_format: str, columns: Columns | None, faults: Faults
) -> Iterator[Readings]:
    """Some files of one format as one: what follows is read when it is asked for.

    Args:
        sources: At least one.
        source_format: One of `formats.READABLE`.
        columns: Where what stands in tables.
        faults: Hears of lines and rows that can't be read, with their place.

    Raises:
        ValueError: a whole file can't be read; or tables have other columns than the first.
    """
    names = Names()
    open_one: Open = OPENERS[source_format]
    finished = 0
    current = sources[0]

    def done() -> int:
        return finished + current.done

    with open_one(sources[0], columns, names, faults) as first:

        def records() -> Iterator[Record]:
            nonlocal finished, current
            yield from first.records
            for source in sources[1:]:
                finished, current = finished + current.done, source
                with open_one(source, columns, names, faults) as reading:
                    _check_same(sources[0], first.header, source, reading.header)
                    yield from reading.records

        yield Readings(first.header, records(), done)


def table_columns(columns: Columns | None, header: Sequence[str], source: Source) -> Columns:
    """Where what stands; raises ValueError, with the file's columns, unless it was said."""
    if columns is None:
        raise ValueError(
            f"{source.name}: a table needs both --dialogue-column and --text-column: give two of "
            f"its columns, {', '.join(header) or 'of which it has none'}."
        )
    check_header(source.name, header, [*columns.names(), *header])
    return columns


def load_parquet() -> ModuleType:
    """Our module that needs pyarrow; raises ValueError where that isn't installed."""
    try:
        from . import parquet
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Parquet files need the package {error.name}: `pip install spacy-casn[parquet]`."
        ) from error
    return parquet


@contextmanager
def _jsonl(
    source: Source, columns: Columns | None, names: Names, faults: Faults
) -> Iterator[Reading]:
    with source.opened() as file:

        def records() -> Iterator[Record]:
            for number, line in enumerate(file, 1):
                source.read_to(file)
                if not line.strip():
                    continue
                place = f"{source.name}, line {number}"
                try:
                    keys, dialogue = parse_line(line, place)
                except ValueError as error:
                    faults.add(error, as_text(line))
                    continue
                turns = keys.pop("turns")
                known = keys.get("id")
                name = f"{source.stem}-{number}" if known is None else str(known)
                yield Record(place, name, dialogue.turns, dialogue.speakers, keys=keys, turns=turns)

        yield Reading(None, records())


@contextmanager
def _table(
    source: Source, columns: Columns | None, names: Names, faults: Faults, *, tabs: bool
) -> Iterator[Reading]:
    with source.opened() as file:
        table = TableRows(file, source.name, faults, tabs=tabs)
        known = table_columns(columns, table.header, source)
        header = Header(table.header, known)
        place = f"{source.name}, line"

        def rows() -> Iterator[Row[list[str]]]:
            for line, cells in table:
                source.read_to(file)
                row = dict(zip(table.header, cells, strict=True))
                try:
                    name, turn = read_turn(row, known, place, line)
                except ValueError as error:
                    faults.add(error, row)
                    continue
                yield name, turn, cells

        gather = partial(PlainRows, table.header)
        yield Reading(header, dialogues(rows(), header, place, names, gather, faults))


@contextmanager
def _parquet(
    source: Source, columns: Columns | None, names: Names, faults: Faults
) -> Iterator[Reading]:
    with source.opened_to_seek() as file:
        yield load_parquet().read(file, source, columns, names, faults)


@contextmanager
def _docbin(
    source: Source, columns: Columns | None, names: Names, faults: Faults
) -> Iterator[Reading]:
    def records() -> Iterator[Record]:
        with source.opened() as file:
            data = file.read()
            source.read_to(file)
        # The words are kept apart from the pipeline's, which forgets them from time to time.
        for number, doc in enumerate(unpack_docs(data, source.name, Vocab()), 1):
            place = f"{source.name}, dialogue {number}"
            yield Record(place, f"{source.stem}-{number}", packed=doc.to_bytes())

    yield Reading(None, records())


@contextmanager
def _transcript(
    source: Source, columns: Columns | None, names: Names, faults: Faults
) -> Iterator[Reading]:
    def records() -> Iterator[Record]:
        with source.opened() as file:
            data = file.read()
            source.read_to(file)
        try:
            text = decoded(data, source.name, "save the file as UTF-8", encoding="utf-8-sig")
            check_speakers(text, source.name)
        except ValueError as error:
            faults.add(error, as_text(data))
            return
        yield Record(source.name, source.stem, transcript=text, keys={"id": source.stem})

    yield Reading(None, records())


def _check_same(
    first: Source, expected: Header | None, source: Source, header: Header | None
) -> None:
    if expected is None or header is None:
        return
    if (header.names, header.schema) != (expected.names, expected.schema):
        raise ValueError(
            f"{source.name}: its columns are {', '.join(header.names)}, but '{first.name}' has "
            f"{', '.join(expected.names)}, or their types differ: give both the same, or a folder "
            f"as the output."
        )


OPENERS: dict[str, Open] = {
    "jsonl": _jsonl,
    "csv": partial(_table, tabs=False),
    "tsv": partial(_table, tabs=True),
    "parquet": _parquet,
    "spacy": _docbin,
    "txt": _transcript,
}
