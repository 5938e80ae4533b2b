"""Dialogues as tables: one row a turn, in CSV or TSV files with a header line."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

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
        dialogues: dict[str, list[tuple[float, str, str, str]]] = {}
        for place, row in _rows(path, self.columns.names()):
            turns = dialogues.setdefault(row[self.columns.dialogue], [])
            order = self._order(row, place, len(turns))
            turns.append(
                (
                    order,
                    row[self.columns.text],
                    row[self.columns.speaker] if self.columns.speaker else "",
                    row[self.columns.emotion].strip() if self.columns.emotion else "",
                )
            )
        for name, turns in dialogues.items():
            turns.sort(key=_first)
            for before, after in pairwise(turns):
                if before[0] == after[0]:
                    raise ValueError(
                        f"'{path}': the dialogue '{name}' has two turns with the number "
                        f"{before[0]:g} in '{self.columns.order}': number them apart."
                    )
            yield Dialogue(
                [text for _, text, _, _ in turns],
                [speaker for _, _, speaker, _ in turns],
                [emotion for _, _, _, emotion in turns],
            )

    def _order(self, row: dict[str, str], place: str, number: int) -> float:
        if self.columns.order is None:
            return number
        try:
            return float(row[self.columns.order])
        except ValueError as error:
            raise ValueError(
                f"{place}: '{row[self.columns.order]}' in '{self.columns.order}' is no number: "
                f"correct it, or leave out the order to keep that of the rows."
            ) from error


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


def _rows(path: Path, needed: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row with its place; the place of a broken one is that of its last line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(
            file, dialect="excel-tab" if path.suffix == ".tsv" else "excel", strict=True
        )
        line = 0
        try:
            header = next(reader, [])
            if missing := [name for name in needed if name not in header]:
                raise ValueError(
                    f"'{path}' has no column '{missing[0]}': it has {', '.join(header)}."
                )
            line = reader.line_num
            for cells in reader:
                place = f"{path}, line {line + 1}"
                line = reader.line_num
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise ValueError(
                        f"{place}: {len(cells)} cells, but the header has {len(header)}: quote "
                        f"a cell that holds the separator."
                    )
                yield place, dict(zip(header, cells, strict=True))
        except csv.Error as error:
            raise ValueError(
                f"{path}, line {line + 1}: {error}: quote a cell with quotes or line breaks, and "
                f"double the quotes in it."
            ) from error
        except UnicodeDecodeError as error:
            raise ValueError(
                f"'{path}' isn't UTF-8 from about line {line + 1} on ({error.reason}): save it "
                f"as UTF-8."
            ) from error


def _first(turn: tuple[float, str, str, str]) -> float:
    return turn[0]
