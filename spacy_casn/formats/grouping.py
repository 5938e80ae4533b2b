"""Collects the rows of a table, which lie together, into dialogues."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from .faults import Faults
from .records import Header, Record, Rows
from .table import TableTurn, sort_turns

Raw = TypeVar("Raw")
Row = tuple[str, TableTurn, Raw]
"""The dialogue's name, the turn, and whatever the rows are made of again."""


class Names:
    """The names of all dialogues so far, to find one that comes again.

    Only 64-bit hashes are kept, about 100 bytes a dialogue.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, name: str, place: str) -> None:
        """Raises ValueError if the name was added before; `place` is where it stands now."""
        number = hash(name)
        if number in self._hashes:
            raise ValueError(
                f"{place}: the dialogue '{name}' was there before: sort the rows so that those of "
                f"one dialogue lie together, or give two dialogues two names."
            )
        self._hashes.add(number)


def dialogues(
    rows: Iterable[Row[Raw]],
    header: Header,
    place: str,
    names: Names,
    gather: Callable[[list[Raw]], Rows],
    faults: Faults,
) -> Iterator[Record]:
    """One record a run of rows with the same name.

    A dialogue that comes again later, or has two turns of the same number, goes to `faults`.

    Args:
        rows: In the order of the table.
        header: The table's.
        place: The file and what its rows are called, such as "calls.csv, line".
        names: Those of the dialogues before.
        gather: Makes a dialogue's rows.
        faults: Hears of dialogues that can't be read.
    """
    for name, run in groupby(rows, key=itemgetter(0)):
        group = list(run)
        turns = [turn for _, turn, _ in group]
        where = f"{place} {turns[0].number}"
        positions = {turn.number: position for position, turn in enumerate(turns)}
        rows_of_it = gather([raw for _, _, raw in group])
        try:
            names.add(name, where)
            sort_turns(turns, name, header.columns.order, place)
        except ValueError as error:
            faults.add(error, rows_of_it.dicts())
            continue
        yield Record(
            where,
            name,
            [turn.text for turn in turns],
            [turn.speaker for turn in turns],
            rows=rows_of_it,
            order=[positions[turn.number] for turn in turns],
        )
