"""Parquet: tables whose columns keep their types."""

from contextlib import AbstractContextManager
from types import ModuleType
from typing import BinaryIO

from .base import Head, Match, Options, WritableFormat, Write
from .records import Header, Reading
from .sources import Source


class Parquet(WritableFormat):
    """See the module; what needs pyarrow stands in `arrow`."""

    name = "parquet"
    title = "Parquet table"
    endings = (".parquet", ".pq")
    help = "One turn a row; columns keep their types. It needs the extra `parquet`."
    seeks = True

    def recognise(self, head: Head) -> Match:
        """Return SURE for the mark that each of these files begins with."""
        if head.data.startswith(b"PAR1"):
            return Match.SURE
        return Match.NEAR if head.ending in self.endings else Match.NO

    def opened(self, source: Source, options: Options) -> AbstractContextManager[Reading]:
        """Open a file; see `Format.opened`."""
        return _arrow().opened(source, options)

    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> AbstractContextManager[Write]:
        """Give the function that writes a result's rows."""
        return _arrow().writer(file, labels, header)


def _arrow() -> ModuleType:
    try:
        from . import arrow
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Parquet files need the package {error.name}: `pip install spacy-casn[parquet]`."
        ) from error
    return arrow


PARQUET = Parquet()
