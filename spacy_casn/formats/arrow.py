"""Reads and writes Parquet, batch by batch; the input's columns keep their types."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, overload

import pyarrow as pa
import pyarrow.parquet as pq

from ..storage.archives import MAX_RATIO
from ..storage.errors import first_line
from ..storage.shown import quoted
from .base import Options, Write
from .columns import table_columns
from .grouping import MakeFields, Row, dialogue_name, dialogues, gathered, lie_together, read_row
from .layout import Layout, per_row
from .nested import Nested
from .records import Columns, Header, Reading, Result
from .sources import Source

READ_ROWS = 4096
SMALL = 2**20
"""Bytes that a column of texts may always unpack to: each may stand in many rows."""
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
        with _explained(f"'{source.name}'"):
            table = pq.ParquetFile(file)
        _check_packed(table, source)
        schema = table.schema_arrow.remove_metadata()
        for field in schema:
            _check_zones(field.type, field.name, source)
        nested = Nested(schema, options.columns)
        if nested.found:
            yield Reading(nested.header, nested.dialogues(_row_dicts(table, source), source))
            return
        columns = table_columns(options.columns, schema.names, source)
        _check_text(schema.field(columns.text or "").type, columns.text or "", source)
        rows = _rows(table, columns, source, options)
        fields: MakeFields = ArrowFields
        if not _lie_together(table, columns, source):
            rows, fields = gathered(rows, ArrowFields), list
        yield Reading(
            Header(schema.names, columns, schema),
            dialogues(rows, columns, f"{source.name}, row", options.names, options.faults, fields),
        )


def _check_packed(table: pq.ParquetFile, source: Source) -> None:
    """Raise ValueError where a column's pages unpack to far more than a file of talks does."""
    groups = (table.metadata.row_group(number) for number in range(table.num_row_groups))
    for group in groups:
        for chunk in (group.column(number) for number in range(group.num_columns)):
            allowed = max(SMALL, MAX_RATIO * chunk.total_compressed_size)
            is_text = chunk.physical_type == "BYTE_ARRAY"
            if is_text and chunk.total_uncompressed_size > allowed:
                raise ValueError(
                    f"'{source.name}': the column {quoted(chunk.path_in_schema)} unpacks to more "
                    f"than {allowed:,} bytes, over {MAX_RATIO} times its own size: write the file "
                    f"without compression if that is right."
                )


def _rows(
    table: pq.ParquetFile, columns: Columns, source: Source, options: Options
) -> Iterator[Row]:
    number = 0
    for batch in _batches(table, source):
        bare = batch.replace_schema_metadata(None)
        for index, values in enumerate(batch.select(columns.names()).to_pylist()):
            number += 1
            cells = {key: "" if value is None else str(value) for key, value in values.items()}
            place = f"{source.name}, row"
            try:
                yield read_row(cells, columns, place, number, source.stem, (bare, index))
            except ValueError as error:
                options.faults.add(error, bare.slice(index, 1).to_pylist()[0])
        if source.size is not None:
            source.done = source.size * number // table.metadata.num_rows


def _row_dicts(table: pq.ParquetFile, source: Source) -> Iterator[dict[str, Any]]:
    number = 0
    for batch in _batches(table, source):
        yield from batch.to_pylist()
        number += batch.num_rows
        if source.size is not None:
            source.done = source.size * number // table.metadata.num_rows


def _batches(
    table: pq.ParquetFile, source: Source, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    number = 0
    batches = table.iter_batches(READ_ROWS, columns=columns, use_threads=False)
    while True:
        with _explained(f"'{source.name}', from row {number + 1} on,"):
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=True)
        number += batch.num_rows
        yield batch


def _lie_together(table: pq.ParquetFile, columns: Columns, source: Source) -> bool:
    """Return whether a look through the columns of the key finds no dialogue twice."""
    try:
        return not columns.key or lie_together(
            dialogue_name({key: str(value) for key, value in row.items()}, columns)
            for batch in _batches(table, source, list(columns.key))
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


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{place} is no readable Parquet file ({first_line(error)}): write it anew, or name "
            f"its "
            f"format by `source_format`."
        ) from error


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
