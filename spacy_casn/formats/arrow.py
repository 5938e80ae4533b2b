"""Reads and writes Parquet, batch by batch; the input's columns keep their types."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, overload

import pyarrow as pa
import pyarrow.parquet as pq

from ..storage.shown import quoted
from .base import Options, Write
from .bounded_parquet import BoundedParquet
from .columns import table_columns
from .faults import Faults
from .grouping import MakeFields, Row, dialogue_name, dialogues, gathered, lie_together, read_row
from .layout import Layout, per_row
from .nested import Nested
from .records import Columns, Header, Reading, Result
from .sources import Source

WRITE_ROWS = 16384
"""Rows that are kept until they are written together, as one row group."""

NUMBERS = ("start", "end", "confidence")
"""Fields of turns that are numbers wherever they come from."""

Cell = tuple[pa.RecordBatch, int]


class ArrowFields(Sequence[dict[str, Any]]):
    """Rows by the batches that they were read in: dicts only where they are looked at."""

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        batch, row = self.cells[index]
        return batch.slice(row, 1).to_pylist()[0]

    def __len__(self) -> int:
        return len(self.cells)

    def table(self, order: list[int]) -> pa.Table:
        """Return the rows in some order, with their types."""
        batches = []
        start = 0
        cells = [self.cells[position] for position in order]
        for end in range(1, len(cells) + 1):
            batch, first = cells[start]
            if (
                end == len(cells)
                or cells[end][0] is not batch
                or cells[end][1] != cells[end - 1][1] + 1
            ):
                batches.append(batch.slice(first, end - start))
                start = end
        return pa.Table.from_batches(batches)


@contextmanager
def opened(source: Source, options: Options) -> Iterator[Reading]:
    """Open a Parquet file; rows that can't be read go to the faults.

    Raises:
        ValueError: it is no Parquet file.
    """
    with source.opened_to_seek() as file:
        table = BoundedParquet(file, source)
        schema = table.schema
        for field in schema:
            _check_zones(field.type, field.name, source)
        nested = Nested(schema, options.columns)
        if nested.found:
            yield Reading(nested.header, nested.dialogues(_row_dicts(table, options), source))
            return
        columns = table_columns(options.columns, schema.names, source)
        _check_text(schema.field(columns.text or "").type, columns.text or "", source)
        rows = _rows(table, columns, options)
        fields: MakeFields = ArrowFields
        if not _lie_together(table, columns):
            rows, fields = gathered(rows, ArrowFields), list
        yield Reading(
            Header(schema.names, columns, schema),
            dialogues(rows, columns, f"{source.name}, row", options.names, options.faults, fields),
        )


def _rows(table: BoundedParquet, columns: Columns, options: Options) -> Iterator[Row]:
    place = f"{table.source.name}, row"
    for first, batch in table.batches(options.faults):
        for index, values in enumerate(batch.select(columns.names()).to_pylist()):
            cells = {key: "" if value is None else str(value) for key, value in values.items()}
            cell = batch, index
            try:
                yield read_row(cells, columns, place, first + index, table.source.stem, cell)
            except ValueError as error:
                options.faults.add(error, batch.slice(index, 1).to_pylist()[0])


def _row_dicts(table: BoundedParquet, options: Options) -> Iterator[dict[str, Any]]:
    for _, batch in table.batches(options.faults):
        yield from batch.to_pylist()


def _lie_together(table: BoundedParquet, columns: Columns) -> bool:
    """Return whether a look through the columns of the key finds no dialogue twice."""
    try:
        return not columns.key or lie_together(
            dialogue_name({key: str(value) for key, value in row.items()}, columns)
            for _, batch in table.batches(Faults(), list(columns.key))
            for row in batch.to_pylist()
        )
    except ValueError:  # the damage is found again where it counts
        return True


@contextmanager
def writer(file: BinaryIO, labels: tuple[str, ...], header: Header) -> Iterator[Write]:
    """Give the function that writes a result's rows; at the end the last row group follows."""
    layout = Layout(header, labels)
    kept = _kept_schema(header, layout)
    added = [(name, pa.float32()) for name in layout.added]
    added[0] = (layout.added[0], pa.string())
    schema = pa.schema([*kept, *(pa.field(name, kind) for name, kind in added)])
    waiting: list[pa.Table] = []
    rows_waiting = 0

    def write(result: Result) -> None:
        nonlocal rows_waiting
        if not result.texts:
            return
        fields = result.dialogue.fields
        if isinstance(fields, ArrowFields):
            table = fields.table(per_row(result)).select(kept.names)
        else:
            rows = [
                {name: _as_kind(value, kept.field(name).type) for name, value in row.items()}
                for row in layout.kept_cells(result)
            ]
            table = pa.Table.from_pylist(rows, schema=kept)
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


def _kept_schema(header: Header, layout: Layout) -> pa.Schema:
    if header.schema is None:
        return pa.schema(
            [(name, pa.float64() if name in NUMBERS else pa.string()) for name in layout.kept]
        )
    return pa.schema([header.schema.field(name) for name in layout.kept])


def _as_kind(value: Any, kind: pa.DataType) -> Any:
    """Return what a column without a type of its own holds: texts, but for times."""
    return str(value) if kind == pa.string() and value is not None else value


def _check_zones(kind: pa.DataType, column: str, source: Source) -> None:
    """Raise ValueError where times can't be read, since their time zone is unknown."""
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        try:
            pa.scalar(0, kind).as_py()
        except Exception as error:  # of pyarrow, zoneinfo or pytz, by what is installed
            raise ValueError(
                f"{source.name}: the column {quoted(column)} has times in the time zone "
                f"{quoted(kind.tz)}, which isn't known here: write them in UTC."
            ) from error
    for number in range(kind.num_fields):
        _check_zones(kind.field(number).type, column, source)


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
            f"{source.name}: the column {quoted(column)} holds {kind}, not text: name the column "
            f"of "
            f"what is said."
        )
