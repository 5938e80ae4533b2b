"""Collects the rows of a table into dialogues."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal, InvalidOperation
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from ..data.types import Dialogue
from ..storage.shown import quoted
from .faults import Faults
from .records import Columns
from .spoken import without_entities

MakeFields = Callable[[list[Any]], Sequence[dict[str, Any]]]
"""Makes turns' fields of what rows have kept."""


class Row(NamedTuple):
    """One row of a table: a turn, and where it stands."""

    order: Decimal
    number: int
    """Of the line or row, from 1."""
    name: str
    """Of the dialogue."""
    text: str
    speaker: str
    emotion: str
    raw: Any
    """What the turn's fields are made of."""


class Names:
    """The names of all dialogues so far, to find one that comes again.

    Only 64-bit hashes are kept, about 100 bytes a dialogue.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, name: str, place: str) -> None:
        """Raise ValueError if the name was added before; `place` is where it stands now."""
        if self.known(name):
            raise ValueError(
                f"{place}: the dialogue {quoted(name)} was there before: sort the rows so that "
                f"those of "
                f"one dialogue lie together, or give two dialogues two names."
            )
        self._hashes.add(hash(name))

    def known(self, name: str) -> bool:
        """Return whether it was added before."""
        return hash(name) in self._hashes


def read_row(
    cells: Mapping[str, str], columns: Columns, place: str, number: int, stem: str, raw: Any
) -> Row:
    """Return a row's turn; HTML's entities in what is said become characters.

    Args:
        cells: The texts by column.
        columns: Where what stands.
        place: The file and what its rows are called, such as "calls.csv, line".
        number: Of the line or row.
        stem: The dialogue's name where no column tells dialogues apart.
        raw: What the turn's fields are made of.

    Raises:
        ValueError: the dialogue has no name, or the order is no number.
    """
    for column in columns.key:
        if not cells[column].strip():
            raise ValueError(
                f"{place} {number}: the cell in {quoted(column)} is empty: name the dialogue that "
                f"the "
                f"turn belongs to."
            )
    return Row(
        Decimal(number) if columns.order is None else _number(cells, columns.order, place, number),
        number,
        dialogue_name(cells, columns) or stem,
        without_entities(cells[columns.text or ""]),
        "" if columns.speaker is None else cells[columns.speaker].strip(),
        "" if columns.emotion is None else cells[columns.emotion].strip(),
        raw,
    )


def dialogue_name(cells: Mapping[str, str], columns: Columns) -> str:
    """Return what the key columns call a row's dialogue, "" where there are none."""
    return "/".join(cells[column].strip() for column in columns.key)


def lie_together(names: Iterable[str]) -> bool:
    """Return whether the rows of each dialogue follow each other, by the names of all rows."""
    seen = Names()
    for name, _ in groupby(names):
        if seen.known(name):
            return False
        seen.add(name, "")
    return True


def gathered(rows: Iterable[Row], fields: MakeFields) -> Iterator[Row]:
    """Give the rows dialogue by dialogue, in the order of the first rows.

    They are kept on the disk meanwhile, whatever their number.

    Args:
        rows: In any order.
        fields: Makes turns' fields of what rows have kept; the rows given have the fields.
    """
    with closing(sqlite3.connect("")) as shelf:  # a temporary file, which nobody else sees
        shelf.execute("pragma journal_mode = off")
        shelf.execute("create table dialogues (number integer primary key, name text unique)")
        shelf.execute("create table rows (dialogue integer, number integer, row blob)")
        for row in rows:
            name = row.name.encode("utf-8", "surrogatepass")
            shelf.execute("insert or ignore into dialogues (name) values (?)", (name,))
            whole = row._replace(raw=fields([row.raw])[0])
            shelf.execute(
                "insert into rows select number, ?, ? from dialogues where name = ?",
                (row.number, pickle.dumps(tuple(whole)), name),
            )
        shelf.execute("create index together on rows (dialogue, number)")
        for (data,) in shelf.execute("select row from rows order by dialogue, number"):
            yield Row(*pickle.loads(data))  # written above


def dialogues(
    rows: Iterable[Row],
    columns: Columns,
    place: str,
    names: Names,
    faults: Faults,
    fields: MakeFields,
) -> Iterator[Dialogue]:
    """Give a dialogue for each run of rows with the same name.

    A dialogue that comes again later, or has two turns of the same number, goes to `faults`.

    Args:
        rows: In the order of the table.
        columns: Where what stands.
        place: The file and what its rows are called, such as "calls.csv, line".
        names: Those of the dialogues before.
        faults: Hears of dialogues that can't be read.
        fields: Makes turns' fields of what rows have kept.
    """
    for name, run in groupby(rows, key=attrgetter("name")):
        turns = list(run)
        numbers = {turn.number: position for position, turn in enumerate(turns)}
        where = f"{place} {turns[0].number}"
        problem = None
        try:
            names.add(name, where)
            _sort(turns, columns.order, place)
        except ValueError as error:
            problem = error
        dialogue = Dialogue(
            [turn.text for turn in turns],
            [turn.speaker for turn in turns],
            [turn.emotion for turn in turns],
            where,
            name,
            fields([turn.raw for turn in turns]),
            order=[numbers[turn.number] for turn in turns],
        )
        if problem is None:
            yield dialogue
        else:
            faults.add(problem, dialogue.content())


def _sort(turns: list[Row], column: str | None, place: str) -> None:
    """Bring a dialogue's turns into their order; raises ValueError if two have one number."""
    turns.sort(key=attrgetter("order", "number"))
    for before, after in pairwise(turns):
        if before.order == after.order:
            raise ValueError(
                f"{place} {after.number}: the dialogue {quoted(after.name)} has the number "
                f"{quoted(after.order)} in {quoted(column)} already on {place.rpartition(' ')[2]} "
                f"{before.number}: number its turns apart."
            )


def _number(cells: Mapping[str, str], column: str, place: str, line: int) -> Decimal:
    """Return the exact number: a float would make neighbours of long ids equal."""
    try:
        number = Decimal(cells[column])
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(
            f"{place} {line}: {quoted(cells[column])} in {quoted(column)} is no number: correct "
            f"it, or leave "
            f"out the order to keep that of the rows."
        )
    return number
