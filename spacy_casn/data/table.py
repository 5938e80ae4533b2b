"""Dialogues as tables: one row a turn, in CSV or TSV files with a header line."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .source import SPLITS, Dialogue, Problem


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


class _Turn(NamedTuple):
    order: Decimal
    line: int
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

    def read(self, folder: Path, split: str, problems: list[Problem]) -> Iterator[Dialogue]:
        """The dialogues of one split, in the order of their first rows.

        Raises:
            ValueError: a column is missing or a row can't be read, with its place.
        """
        path = folder / self.FILES[split]
        columns = self.columns
        dialogues: dict[str, list[_Turn]] = {}
        for line, row in _rows(path, columns.names()):
            name = row[columns.dialogue].strip()
            if not name:
                raise ValueError(
                    f"{path}, line {line}: the cell in '{columns.dialogue}' is empty: name the "
                    f"dialogue that the turn belongs to."
                )
            turns = dialogues.setdefault(name, [])
            turns.append(
                _Turn(
                    Decimal(line)
                    if columns.order is None
                    else _number(row, columns.order, path, line),
                    line,
                    row[columns.text],
                    "" if columns.speaker is None else row[columns.speaker].strip(),
                    "" if columns.emotion is None else row[columns.emotion].strip(),
                )
            )
        for name, turns in dialogues.items():
            turns.sort()
            for before, after in pairwise(turns):
                if before.order == after.order:
                    raise ValueError(
                        f"{path}, line {after.line}: the dialogue '{name}' has the number "
                        f"{after.order} in '{columns.order}' already on line {before.line}: "
                        f"number its turns apart."
                    )
            yield Dialogue(
                [turn.text for turn in turns],
                [turn.speaker for turn in turns],
                [turn.emotion for turn in turns],
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


def _rows(path: Path, needed: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row, with the number of the line on which it begins; empty lines are passed over."""
    dialect = "excel-tab" if path.suffix == ".tsv" else "excel"
    reader = csv.reader(io.StringIO(_text(path), newline=""), dialect=dialect, strict=True)
    line = 1
    try:
        header = next(reader, [])
        _check_header(path, header, needed)
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                raise ValueError(
                    f"{path}, line {line}: {len(cells)} cells, but the header has "
                    f"{len(header)}: quote a cell that holds the separator."
                )
            if cells:
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {line}: {error}: quote a cell with quotes or line breaks, and double "
            f"the quotes in it."
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        raise ValueError(
            f"{path}, line {len((before + b'.').splitlines())}: the byte "
            f"0x{error.object[error.start]:02x} is no UTF-8 ({error.reason}): save the file as "
            f"UTF-8."
        ) from error


def _check_header(path: Path, header: list[str], needed: list[str]) -> None:
    for name in needed:
        if name not in header:
            raise ValueError(
                f"{path}, line 1: no column '{name}': the file has {', '.join(header) or 'none'}; "
                f"name one of its columns."
            )
        if header.count(name) > 1:
            raise ValueError(
                f"{path}, line 1: {header.count(name)} columns '{name}': rename all but one."
            )


def _number(row: dict[str, str], column: str, path: Path, line: int) -> Decimal:
    """The exact number: a float would make neighbours of long ids equal."""
    try:
        number = Decimal(row[column])
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(
            f"{path}, line {line}: '{row[column]}' in '{column}' is no number: correct it, or "
            f"leave out the order to keep that of the rows."
        )
    return number
