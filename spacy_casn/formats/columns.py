"""Which of a table's columns is what."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..storage.shown import listed, quoted
from .records import Columns
from .sources import Source

OURS = Columns("dialogue", "text", "speaker", "emotion")
"""Those of our own tables, for where none are named."""


def table_columns(columns: Columns | None, header: Sequence[str], source: Source) -> Columns:
    """Return where what stands in a table.

    Where the text's column isn't named, it is one of our own tables.

    Raises:
        ValueError: a column isn't there, or is there twice; the file's columns are named.
    """
    columns = columns or Columns(None, None)
    if columns.text is None:
        if OURS.text not in header:
            raise ValueError(
                f"{source.name}: which column holds what is said? Name it by `text_column`, and "
                f"that which tells dialogues apart, if there are several, by `dialogue_column`: "
                f"the file has {listed(header)}."
            )
        ours = {
            field: getattr(OURS, field)
            for field in ("dialogue", "speaker", "emotion")
            if not getattr(columns, field) and getattr(OURS, field) in header
        }
        columns = replace(columns, text=OURS.text, **ours)
    check_header(source.name, header, [*columns.names(), *header])
    return columns


def check_header(name: str | Path, header: Sequence[str], needed: Iterable[str]) -> None:
    """Raise ValueError unless each needed column is there, once; `name` is the file's."""
    for column in needed:
        if column not in header:
            raise ValueError(
                f"{name}, line 1: no column {quoted(column)}: the file has "
                f"{listed(header)}; name one of its columns."
            )
        if header.count(column) > 1:
            raise ValueError(
                f"{name}, line 1: {header.count(column)} columns {quoted(column)}: rename all but "
                f"one."
            )
