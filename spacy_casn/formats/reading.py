"""Reads dialogues from files, one after the other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..compat import msgpack_plugins_known
from ..data.dialogue import SPANS_KEY
from ..data.types import Dialogue
from ..storage.shown import SHOWN, listed
from .base import Format, Options
from .faults import Faults
from .records import Columns, Header, Readings
from .registry import find_format, recognised
from .sources import Source


@contextmanager
def opened(sources: Sequence[tuple[Source, Format]], options: Options) -> Iterator[Readings]:
    """Give some files as one: what follows is read when it is asked for.

    Args:
        sources: At least one, with its format.
        options: Those of reading.

    Raises:
        ValueError: a whole file can't be read; or tables have other columns than the first.
    """
    (first_source, first_format), *others = sources
    finished = 0
    current = first_source

    def done() -> int:
        return finished + current.done

    with first_format.opened(first_source, options) as first:

        def dialogues() -> Iterator[Dialogue]:
            nonlocal finished, current
            yield from first.dialogues
            for source, source_format in others:
                finished, current = finished + current.done, source
                with source_format.opened(source, options) as reading:
                    _check_same(first_source, first.header, source, reading.header)
                    yield from reading.dialogues

        yield Readings(first.header, dialogues(), done)


def _check_same(first: Source, expected: Header, source: Source, header: Header) -> None:
    if header.is_table and (header.names, header.schema) != (expected.names, expected.schema):
        raise ValueError(
            f"{source.name}: its columns are {listed(header.names, SHOWN)}, but '{first.name}' has "
            f"{listed(expected.names, SHOWN)}, or their types differ: give both the same, or a "
            f"folder "
            f"as the output."
        )


def read_file(
    path: Path,
    faults: Faults,
    *,
    columns: Columns | None = None,
    source_format: str | None = None,
    spans_key: str = SPANS_KEY,
) -> Iterator[Dialogue]:
    """Give the dialogues of one file of any format.

    Args:
        path: Where it is.
        faults: Hears of what can't be read, with its place.
        columns: Where what stands in a table; None for what its format finds by itself.
        source_format: The name of its format; None for that which its content is recognised as.
        spans_key: Name of the turns' span group in Docs.

    Raises:
        ValueError: the whole file can't be read.
    """
    source = Source(path)
    known = (
        recognised(source) if source_format is None else find_format(source_format, "source_format")
    )
    options = Options(columns, faults, spans_key=spans_key)
    with msgpack_plugins_known(), known.opened(source, options) as reading:
        yield from reading.dialogues
