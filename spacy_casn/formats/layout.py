"""The columns of a table of results, whatever it is written as."""

from typing import Any

from ..data.dialogue import whole_characters
from .grouping import Names
from .records import Header, Result
from .table import Columns

PLAIN = Header(["dialogue", "speaker", "text"], Columns("dialogue", "text", "speaker"))
"""The columns where the input is no table."""


class Layout:
    """Which columns are kept from the input, and which are added.

    A column of the input that has the name of an added one is replaced by it.

    Args:
        header: The input's table, None where it is none.
        labels: The pipeline's, in the order of the scores.

    Raises:
        ValueError: a column that is needed would be replaced.
    """

    def __init__(self, header: Header | None, labels: tuple[str, ...]) -> None:
        known = header or PLAIN
        self.added = ["emotion", "score", *(f"score_{label}" for label in labels)]
        for name in known.columns.names():
            if name in self.added:
                raise ValueError(
                    f"The column '{name}' can't be kept, since the table of results has one of "
                    f"that name: rename it in the input."
                )
        self.kept = [name for name in known.names if name not in self.added]
        self._names = Names()

    def kept_cells(self, result: Result) -> list[dict[str, Any]]:
        """The input's cells by column, row by row.

        Raises:
            ValueError: the input is no table, and the dialogue's name was there before.
        """
        record = result.record
        if record.rows is not None:
            return record.rows.dicts()
        name = whole_characters(record.name)
        self._names.add(name, record.place)
        return [
            {
                "dialogue": name,
                "speaker": whole_characters(speaker),
                "text": whole_characters(text),
            }
            for speaker, text in zip(result.speakers, result.texts, strict=True)
        ]

    def added_cells(self, result: Result) -> list[list[Any]]:
        """Emotion, its score and all labels' scores, row by row; None where there are none."""
        scores = result.scores.tolist()
        return [
            [result.emotions[turn], *([None] * (len(self.added) - 1))]
            if result.silent[turn]
            else [result.emotions[turn], max(scores[turn]), *scores[turn]]
            for turn in result.per_row()
        ]
