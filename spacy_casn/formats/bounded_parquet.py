"""Reads a Parquet file batch by batch, however large what a few bytes of it stand for is.

A text that comes again lies once in a Parquet file, and so it does here until it is known how much
memory the rows take that have it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..storage.archives import MAX_RATIO, check_growth
from ..storage.errors import first_line
from ..storage.limits import max_line
from ..storage.shown import quoted
from .faults import Faults
from .lines import too_long
from .sources import Source

READ_ROWS = 4096
SMALL = 2**20
"""Bytes that a column of texts may always unpack to."""
_TEXTS = "BYTE_ARRAY"
"""How Parquet calls texts, and bytes of any length."""


class BoundedParquet:
    """A Parquet file's rows.

    Args:
        file: From its beginning, to be read in any order.
        source: Where it comes from; its `done` is kept up to date.

    Raises:
        ValueError: it is no Parquet file, or one that unpacks without bound.
    """

    def __init__(self, file: BinaryIO, source: Source) -> None:
        self.source = source
        self._packed = file.seek(0, os.SEEK_END)
        with _explained(f"'{source.name}'"):
            plain = pq.ParquetFile(file)
            columns = map(plain.schema.column, range(len(plain.schema)))
            texts = [one.path for one in columns if one.physical_type == _TEXTS]
            self._table = pq.ParquetFile(file, metadata=plain.metadata, read_dictionary=texts)
        self.schema: pa.Schema = plain.schema_arrow.remove_metadata()
        self._check_packed()

    def batches(
        self, faults: Faults, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Give batches of rows, and the number of the first row of each.

        Args:
            faults: Hears of rows that are longer than `SPACY_CASN_MAX_LINE` says.
            columns: Their names; None for all.

        Raises:
            ValueError: the file is damaged, or all its rows are far larger than the file.
        """
        before, size = 0, 0
        batches = self._table.iter_batches(READ_ROWS, columns=columns, use_threads=False)
        while True:
            with _explained(f"'{self.source.name}', from row {before + 1} on,"):
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)
            for first, part in _parts(batch, before + 1):
                found = _text_bytes(part.columns)
                if found > max_line():
                    faults.add(too_long(f"{self.source.name}, row {first}"), None)
                    continue
                size += found
                check_growth(size, self._packed, self.source.name)
                yield first, self._plain(part)
            before += batch.num_rows
            if columns is None and self.source.size is not None:  # a look ahead is no progress
                self.source.done = self.source.size * before // self._table.metadata.num_rows

    def _plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch as the file has it: each row with its own texts."""
        schema = pa.schema([self.schema.field(name) for name in batch.schema.names])
        try:
            return batch.cast(schema)
        except pa.ArrowNotImplementedError:  # a view of texts
            return pa.RecordBatch.from_pylist(batch.to_pylist(), schema)

    def _check_packed(self) -> None:
        """Raise ValueError where a column unpacks to far more than a file of talks does.

        What is read at once of it are its pages, and its dictionary is one of them.
        """
        metadata = self._table.metadata
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        for group in groups:
            for chunk in (group.column(number) for number in range(group.num_columns)):
                column = f"'{self.source.name}': the column {quoted(chunk.path_in_schema)}"
                allowed = max(SMALL, MAX_RATIO * chunk.total_compressed_size)
                if chunk.physical_type == _TEXTS and chunk.total_uncompressed_size > allowed:
                    raise ValueError(
                        f"{column} unpacks to more than {allowed:,} bytes, over {MAX_RATIO} times "
                        f"its own size: write the file without compression if that is right."
                    )
                begin = chunk.dictionary_page_offset
                if begin is not None and chunk.data_page_offset - begin > max_line():
                    raise ValueError(
                        f"{column} has a dictionary of more than {max_line():,} bytes: write the "
                        f"file without one, or set the environment variable SPACY_CASN_MAX_LINE "
                        f"to the bytes that it may have."
                    )


def _parts(batch: pa.RecordBatch, first: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Halve a batch until its texts aren't longer than a line may be, or are those of one row."""
    if batch.num_rows > 1 and _text_bytes(batch.columns) > max_line():
        half = batch.num_rows // 2
        yield from _parts(batch.slice(0, half), first)
        yield from _parts(batch.slice(half), first + half)
    else:
        yield first, batch


def _text_bytes(arrays: list[Any]) -> int:
    """Return how many bytes the texts of some columns have, each as often as it stands there."""
    return sum(map(_bytes_of, arrays))


def _bytes_of(array: Any) -> int:
    kind = array.type
    if pa.types.is_dictionary(kind) and not pa.types.is_primitive(kind.value_type):
        lengths = pc.binary_length(array.dictionary.cast(pa.large_binary()))
        return pc.sum(lengths.take(array.indices)).as_py() or 0
    if pa.types.is_struct(kind):
        return _text_bytes(array.flatten())
    if pa.types.is_nested(kind):
        return _bytes_of(array.flatten())
    return 0


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{place} is no readable Parquet file ({first_line(error)}): write it anew, or name "
            f"its format by `source_format`."
        ) from error
