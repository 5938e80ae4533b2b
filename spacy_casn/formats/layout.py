"""The columns of a table of results, whatever it is written as."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from ..data.dialogue import whole_characters
from .grouping import Names
from .records import Header, Result

PREFIX = "casn_"
"""Of our columns, where the input has some of the same names."""
_NO_WORD = re.compile(r"[^\w.-]+")


def prefixed(own: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the names of what we add: with a prefix, all of them, if the input has one."""
    clash = any(name in known for name in own)
    return [f"{PREFIX}{name}" for name in own] if clash else list(own)


class Layout:
    """Which columns are kept from the input, and which are added.

    A column of the input is never replaced, unless it has our prefix: then it is that of a run
    before.

    Args:
        header: The input's columns.
        labels: The pipeline's, in the order of the scores.
    """

    def __init__(self, header: Header, labels: tuple[str, ...]) -> None:
        self.header = header
        own = ["emotion", "score", *score_columns(labels)]
        self.added = prefixed(own, header.names)
        self.kept = [name for name in header.names if name not in self.added]
        self._names = Names()

    def kept_cells(self, result: Result) -> list[dict[str, Any]]:
        """Return the input's cells by column, row by row.

        Raises:
            ValueError: the input is no table, and the dialogue's name was there before.
        """
        dialogue = result.dialogue
        if self.header.is_table:
            return [dialogue.fields[turn] for turn in per_row(result)]
        name = whole_characters(dialogue.name)
        self._names.add(name, dialogue.place)
        more = dialogue.fields or [{} for _ in result.texts]
        fields = self.header.names[3:]
        return [
            {
                "dialogue": name,
                "speaker": whole_characters(speaker),
                "text": whole_characters(text),
                **{field: each.get(field) for field in fields},
            }
            for speaker, text, each in zip(result.speakers, result.texts, more, strict=True)
        ]

    def added_cells(self, result: Result) -> list[list[Any]]:
        """Return emotion, its score and all labels' scores, row by row; None for no score.

        Scores have six decimals: what follows differs from one processor to the next.
        """
        scores = [[round(score, 6) for score in turn] for turn in result.scores.tolist()]
        return [
            [result.emotions[turn], *([None] * (len(self.added) - 1))]
            if result.silent[turn]
            else [result.emotions[turn], max(scores[turn]), *scores[turn]]
            for turn in per_row(result)
        ]


def score_columns(labels: Sequence[str]) -> list[str]:
    """Return the columns of the labels' scores: without spaces, unless two would be the same."""
    plain = [f"score_{_NO_WORD.sub('_', label)}" for label in labels]
    return plain if len(set(plain)) == len(labels) else [f"score_{label}" for label in labels]


def per_row(result: Result) -> list[int]:
    """Return the number of the turn, from 0, that each row of the input's table is."""
    order = result.dialogue.order or range(len(result.texts))
    return sorted(range(len(result.texts)), key=order.__getitem__)
