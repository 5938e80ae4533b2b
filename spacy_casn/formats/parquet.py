"""Reads and writes Parquet, batch by batch; the input's columns keep their types."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from .faults import Faults
from .grouping import Names, Row, dialogues
from .layout import Layout
from .readers import table_columns
from .records import Header, Reading, Result
from .sources import Source
from .table import Columns, read_turn

READ_ROWS = 4096
WRITE_ROWS = 16384
"""Rows that are kept until they are written together, as one row group."""

Cell = tuple[pa.RecordBatch, int]


@dataclass(frozen=True)
class ArrowRows:
    """A dialogue's rows, as slices of the batches that they were read in."""

    batches: list[pa.RecordBatch]

    def dicts(self) -> list[dict[str, Any]]:
        """Each row's values by column."""
        return [row for batch in self.batches for row in batch.to_pylist()]


def read(
    file: BinaryIO, source: Source, columns: Columns | None, names: Names, faults: Faults
) -> Reading:
    """The dialogues of a Parquet file; rows that can't be read go to `faults`.

    Raises:
        ValueError: it is no Parquet file.
    """
    with _explained(f"'{source.name}'"):
        table = pq.ParquetFile(file)
    schema = table.schema_arrow.remove_metadata()
    known = table_columns(columns, schema.names, source)
    _check_text(schema.field(known.text).type, known.text, source)
    header = Header(schema.names, known, schema)
    place = f"{source.name}, row"

    def rows() -> Iterator[Row[Cell]]:
        number = 0
        batches = table.iter_batches(READ_ROWS, use_threads=False)
        while True:
            with _explained(f"'{source.name}', from row {number + 1} on,"):
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)
            bare = batch.replace_schema_metadata(None)
            needed = batch.select(known.names()).to_pylist()
            for index, values in enumerate(needed):
                number += 1
                row = {key: "" if value is None else str(value) for key, value in values.items()}
                try:
                    name, turn = read_turn(row, known, place, number)
                except ValueError as error:
                    faults.add(error, bare.slice(index, 1).to_pylist()[0])
                    continue
                yield name, turn, (bare, index)
            if source.size is not None:
                source.done = source.size * number // table.metadata.num_rows

    return Reading(header, dialogues(rows(), header, place, names, _slices, faults))


@contextmanager
def writer(
    file: BinaryIO, labels: tuple[str, ...], header: Header | None
) -> Iterator[Callable[[Result], None]]:
    """Gives the function that writes a result's rows; at the end the last row group follows."""
    layout = Layout(header, labels)
    kept = _kept_schema(header, layout)
    added = [(name, pa.string() if name == "emotion" else pa.float32()) for name in layout.added]
    schema = pa.schema([*kept, *(pa.field(name, kind) for name, kind in added)])
    waiting: list[pa.Table] = []
    rows_waiting = 0

    def write(result: Result) -> None:
        nonlocal rows_waiting
        if not result.texts:
            return
        rows = result.record.rows
        if isinstance(rows, ArrowRows):
            table = pa.Table.from_batches(rows.batches).select(kept.names)
        else:
            table = pa.Table.from_pylist(layout.kept_cells(result), schema=kept)
        columns = zip(*layout.added_cells(result), strict=True)
        for (name, kind), values in zip(added, columns, strict=True):
            table = table.append_column(pa.field(name, kind), pa.array(values, kind))
        waiting.append(table)
        rows_waiting += table.num_rows
        if rows_waiting >= WRITE_ROWS:
            flush()

    def flush() -> None:
        nonlocal rows_waiting
        if rows_waiting:
            output.write_table(pa.concat_tables(waiting).combine_chunks())
        waiting.clear()
        rows_waiting = 0

    with pq.ParquetWriter(file, schema) as output:
        yield write
        flush()


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{place} is no readable Parquet file ({error}): write it anew, or name its "
            f"format with --from."
        ) from error


def _slices(cells: list[Cell]) -> ArrowRows:
    batches: list[pa.RecordBatch] = []
    start = 0
    for end in range(1, len(cells) + 1):
        if end == len(cells) or cells[end][0] is not cells[start][0]:
            batch, first = cells[start]
            batches.append(batch.slice(first, end - start))
            start = end
    return ArrowRows(batches)


def _kept_schema(header: Header | None, layout: Layout) -> pa.Schema:
    if header is None or header.schema is None:
        return pa.schema([(name, pa.string()) for name in layout.kept])
    return pa.schema([header.schema.field(name) for name in layout.kept])


def _check_text(kind: pa.DataType, column: str, source: Source) -> None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_null,
        )
    ):
        raise ValueError(
            f"{source.name}: the column '{column}' holds {kind}, not text: name the column of "
            f"what is said."
        )
