"""What passes from a reader through the pipeline to a writer: one dialogue at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.tokens import Doc

from ..data.types import Dialogue


@dataclass(frozen=True)
class Columns:
    """The names of a table's columns.

    Args:
        dialogue: What tells dialogues apart: a column, several that do so together, or None
            where a file is one dialogue.
        text: What is said; None where the table has our own columns.
        speaker: Who says it; None where the table doesn't say.
        emotion: The turn's label, an empty cell for none; None where there are no labels.
        order: Numbers that sort a dialogue's turns; None for the order of the rows.
    """

    dialogue: str | tuple[str, ...] | None
    text: str | None
    speaker: str | None = None
    emotion: str | None = None
    order: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell dialogues apart."""
        return (self.dialogue,) if isinstance(self.dialogue, str) else self.dialogue or ()

    def names(self) -> list[str]:
        """Return the columns that must be there."""
        others = (self.text, self.speaker, self.emotion, self.order)
        return [*self.key, *(name for name in others if name is not None)]


@dataclass(frozen=True)
class Header:
    """What a table's columns are, or would be.

    Args:
        names: The columns in their order.
        columns: Where what stands.
        schema: Their types, where the table is Parquet: a `pyarrow.Schema`.
        is_table: Whether the input is a table, so that a turn's fields are all cells of its row.
    """

    names: list[str]
    columns: Columns
    schema: Any = None
    is_table: bool = True

    @classmethod
    def plain(cls, fields: tuple[str, ...] = ()) -> "Header":
        """Return that of a table which is made of something else, with the turns' fields."""
        columns = Columns("dialogue", "text", "speaker")
        return cls(["dialogue", "speaker", "text", *fields], columns, is_table=False)


@dataclass(frozen=True)
class Reading:
    """An open file: its columns, and its dialogues, which are read as they are asked for."""

    header: Header
    dialogues: Iterator[Dialogue]


@dataclass(frozen=True)
class Readings(Reading):
    """Several files as one; `done` gives the bytes that have been read of all of them."""

    done: Callable[[], int]


@dataclass(frozen=True)
class Result:
    """A dialogue's emotions, turn by turn.

    Args:
        dialogue: What was read.
        doc: The annotated Doc; it is valid only until the next result is asked for, since
            the memory of its words is then given back.
        texts: What is said.
        speakers: Who says it, "" where unknown.
        emotions: The labels, "" where the pipeline abstained or nothing is said.
        scores: Probabilities, (turns, labels) float32.
        silent: Turns in which nothing is said; their scores are zeros and mean nothing.
    """

    dialogue: Dialogue
    doc: Doc
    texts: list[str]
    speakers: list[str]
    emotions: list[str]
    scores: np.ndarray
    silent: list[bool]
