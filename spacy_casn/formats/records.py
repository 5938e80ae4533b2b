"""What passes from a reader through the pipeline to a writer: one dialogue at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from spacy.tokens import Doc

from .table import Columns


class Rows(Protocol):
    """A dialogue's rows as they stand in a table, one a turn."""

    def dicts(self) -> list[dict[str, Any]]:
        """Each row's cells by column."""
        ...


class PlainRows(NamedTuple):
    """Rows of a CSV or TSV file."""

    header: Sequence[str]
    cells: list[list[str]]

    def dicts(self) -> list[dict[str, Any]]:
        """Each row's cells by column."""
        return [dict(zip(self.header, row, strict=True)) for row in self.cells]


@dataclass(frozen=True)
class Record:
    """One dialogue as it was read: its turns, a transcript or a packed Doc.

    Args:
        place: Where it stands, for errors.
        name: What tells it apart in a table.
        texts: What is said, turn by turn.
        speakers: Who says it, "" where unknown.
        transcript: The text of a file with one turn a line, in place of `texts`.
        packed: `Doc.to_bytes`, in place of `texts`.
        keys: What stands beside the turns in JSON lines.
        turns: The turns' own objects in JSON lines.
        rows: The rows of a table, in the table's order.
        order: Which of the rows each turn is.
    """

    place: str
    name: str
    texts: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    transcript: str | None = None
    packed: bytes | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    turns: list[dict[str, Any]] | None = None
    rows: Rows | None = None
    order: Sequence[int] = ()

    def content(self) -> Any:
        """What was read, for a list of what couldn't be annotated."""
        if self.rows is not None:
            return self.rows.dicts()
        if self.turns is not None:
            return {**self.keys, "turns": self.turns}
        return self.transcript


@dataclass(frozen=True)
class Header:
    """What a table's columns are.

    Args:
        names: The columns in their order.
        columns: Where what stands.
        schema: Their types, where the table is Parquet: a `pyarrow.Schema`.
    """

    names: list[str]
    columns: Columns
    schema: Any = None


@dataclass(frozen=True)
class Reading:
    """An open file, or several as one: `header` is None where there is no table."""

    header: Header | None
    records: Iterator[Record]


@dataclass(frozen=True)
class Readings(Reading):
    """Several files as one; `done` gives the bytes that have been read of all of them."""

    done: Callable[[], int]


@dataclass(frozen=True)
class Result:
    """A dialogue's emotions, turn by turn.

    Args:
        record: What was read.
        doc: The annotated Doc; it is valid only until the next result is asked for, since
            the memory of its words is then given back.
        texts: What is said.
        speakers: Who says it, "" where unknown.
        emotions: The labels, "" where the pipeline abstained or nothing is said.
        scores: Probabilities, (turns, labels) float32.
        silent: Turns in which nothing is said; their scores are zeros and mean nothing.
    """

    record: Record
    doc: Doc
    texts: list[str]
    speakers: list[str]
    emotions: list[str]
    scores: np.ndarray
    silent: list[bool]

    def per_row(self) -> list[int]:
        """The number of the turn, from 0, that each row of the input's table is."""
        turns = [0] * len(self.texts)
        for turn, row in enumerate(self.record.order):
            turns[row] = turn
        return turns if self.record.rows is not None else list(range(len(turns)))
