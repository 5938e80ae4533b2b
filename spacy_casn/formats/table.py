"""Dialogues as tables: one row a turn, in CSV or TSV files with a header line."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..corpora.source import SPLITS, Dialogue
from .encoding import as_text
from .faults import Faults

MAX_CELL = 16 * 2**20
"""Characters; the csv module allows no more than 131,072 unless it is told so."""


@dataclass(frozen=True)
class Columns:
    """The names of a table's columns.

    Args:
        dialogue: Whatever tells dialogues apart.
        text: What is said.
        speaker: Who says it; None where the table doesn't say.
        emotion: The turn's label, an empty cell for none; None where there are no labels.
        order: Numbers that sort a dialogue's turns; None for the order of the rows.
    """

    dialogue: str
    text: str
    speaker: str | None = None
    emotion: str | None = None
    order: str | None = None

    def names(self) -> list[str]:
        """The columns that must be there."""
        return [name for field in fields(self) if (name := getattr(self, field.name)) is not None]


class TableTurn(NamedTuple):
    """One row of a table: a turn, and where it stands."""

    order: Decimal
    number: int
    """Of the line or row, from 1."""
    text: str
    speaker: str
    emotion: str


class Table:
    """Reads `train`, `dev` and `test` from one file each; rows of a dialogue may lie apart.

    Args:
        columns: Where what stands.
        files: Each split's file; by its ending .csv or .tsv.
        md5: Known sums of the files, to refuse others.
    """

    def __init__(
        self, columns: Columns, files: Mapping[str, str], md5: Mapping[str, str] | None = None
    ) -> None:
        self.columns = columns
        self.FILES = dict(files)
        self.MD5 = dict(md5 or {})

    def read(self, folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
        """The dialogues of one split, in the order of their first rows.

        Rows that can't be read go to `faults`, with their place.

        Raises:
            ValueError: a column is missing.
        """
        path = folder / self.FILES[split]
        dialogues: dict[str, list[TableTurn]] = {}
        with path.open("rb") as file:
            rows = TableRows(file, path, faults, tabs=path.suffix == ".tsv")
            check_header(path, rows.header, self.columns.names())
            for line, cells in rows:
                row = dict(zip(rows.header, cells, strict=True))
                try:
                    name, turn = read_turn(row, self.columns, f"{path}, line", line)
                except ValueError as error:
                    faults.add(error, row)
                    continue
                dialogues.setdefault(name, []).append(turn)
        for name, turns in dialogues.items():
            try:
                sort_turns(turns, name, self.columns.order, f"{path}, line")
            except ValueError as error:
                faults.add(error, {name: [turn._asdict() for turn in turns]})
                continue
            yield Dialogue(
                [turn.text for turn in turns],
                [turn.speaker for turn in turns],
                [turn.emotion for turn in turns],
                f"{path}, line {turns[0].number}",
            )


def table_in(folder: Path, columns: Columns) -> Table:
    """The table in `train`, `dev` and `test.csv`, or `.tsv`, of a folder.

    Raises:
        ValueError: a file is missing.
    """
    files = {}
    for split in SPLITS:
        names = [f"{split}.csv", f"{split}.tsv"]
        found = [name for name in names if (folder / name).is_file()]
        if len(found) != 1:
            state = "both" if found else "neither"
            raise ValueError(f"'{folder}' has {state} of {' and '.join(names)}: give it one.")
        files[split] = found[0]
    return Table(columns, files)


class TableRows:
    """The rows of a CSV or TSV file, read as they are asked for.

    Iterating gives the cells of each row, with the number of the line on which it begins;
    empty lines are passed over. What can't be read goes to `faults`, with its place: a row with
    more or fewer cells than the header, a line that is no UTF-8, or the first line of a row
    whose quotes are broken; the lines behind it are read anew.

    Args:
        file: UTF-8, with or without a byte order mark; its first line names the columns.
        name: What errors call the file.
        faults: Hears of what can't be read.
        tabs: Whether tabs part the cells, instead of commas.

    Raises:
        ValueError: the header can't be read.
    """

    def __init__(
        self, file: BinaryIO, name: str | Path, faults: Faults, *, tabs: bool = False
    ) -> None:
        # It is one limit for the whole process, so it may only rise.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        self.name = name
        self.faults = faults
        self._dialect = "excel-tab" if tabs else "excel"
        self._physical = _physical_lines(file, name, faults)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._line = 0
        self._reader = self._new_reader()
        try:
            self.header = next(self._reader, [])
        except csv.Error as error:
            raise self._explained(error, 1) from error

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            self._row.clear()
            begin = self._line + 1
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                self.faults.add(self._explained(error, begin), self._row[0])
                # A quote that nothing closes takes in all lines that follow.
                self._again.extendleft(reversed(self._row[1:]))
                self._line = begin
                self._reader = self._new_reader()
                continue
            if cells is None:
                return
            if cells and len(cells) != len(self.header):
                problem = ValueError(
                    f"{self.name}, line {begin}: {len(cells)} cells, but the header has "
                    f"{len(self.header)}: quote a cell that holds the separator."
                )
                self.faults.add(problem, "".join(self._row))
            elif cells:
                yield begin, cells

    def _new_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), dialect=self._dialect, strict=True)

    def _lines(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._physical, None)
            if line is None:
                return
            self._line += 1
            self._row.append(line)
            yield line

    def _explained(self, error: csv.Error, line: int) -> ValueError:
        return ValueError(
            f"{self.name}, line {line}: {error}: quote a cell with quotes or line breaks, and "
            f"double the quotes in it."
        )


def check_header(name: str | Path, header: Sequence[str], needed: Iterable[str]) -> None:
    """Raises ValueError unless each needed column is there, once; `name` is the file's."""
    for column in needed:
        if column not in header:
            raise ValueError(
                f"{name}, line 1: no column '{column}': the file has "
                f"{', '.join(header) or 'none'}; name one of its columns."
            )
        if header.count(column) > 1:
            raise ValueError(
                f"{name}, line 1: {header.count(column)} columns '{column}': rename all but one."
            )


def read_turn(
    row: Mapping[str, str], columns: Columns, place: str, number: int
) -> tuple[str, TableTurn]:
    """The dialogue that a row belongs to, and its turn.

    Args:
        row: The cells by column.
        columns: Where what stands.
        place: The file and what its rows are called, such as "calls.csv, line".
        number: Of the line or row.

    Raises:
        ValueError: the dialogue has no name, or the order is no number.
    """
    name = row[columns.dialogue].strip()
    if not name:
        raise ValueError(
            f"{place} {number}: the cell in '{columns.dialogue}' is empty: name the dialogue "
            f"that the turn belongs to."
        )
    return name, TableTurn(
        Decimal(number) if columns.order is None else _number(row, columns.order, place, number),
        number,
        row[columns.text],
        "" if columns.speaker is None else row[columns.speaker].strip(),
        "" if columns.emotion is None else row[columns.emotion].strip(),
    )


def sort_turns(turns: list[TableTurn], name: str, column: str | None, place: str) -> None:
    """Bring a dialogue's turns into their order.

    Raises:
        ValueError: two turns have the same number in the column of the order.
    """
    turns.sort()
    for before, after in pairwise(turns):
        if before.order == after.order:
            raise ValueError(
                f"{place} {after.number}: the dialogue '{name}' has the number {after.order} in "
                f"'{column}' already on {place.rpartition(' ')[2]} {before.number}: number its "
                f"turns apart."
            )


def _physical_lines(file: BinaryIO, name: str | Path, faults: Faults) -> Iterator[str]:
    """Decoded line by line, so that a byte that is no UTF-8 can be named by its line."""
    number = 0
    for data in file:
        try:
            text = data.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError as error:
            problem = ValueError(
                f"{name}, line {number + 1}: the byte 0x{data[error.start]:02x} is no UTF-8 "
                f"({error.reason}): save the file as UTF-8."
            )
            problem.__cause__ = error
            faults.add(problem, as_text(data))
            text = "\n"
        for line in io.StringIO(text, newline=""):
            number += 1
            yield line


def _number(row: Mapping[str, str], column: str, place: str, line: int) -> Decimal:
    """The exact number: a float would make neighbours of long ids equal."""
    try:
        number = Decimal(row[column])
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(
            f"{place} {line}: '{row[column]}' in '{column}' is no number: correct it, or leave "
            f"out the order to keep that of the rows."
        )
    return number
