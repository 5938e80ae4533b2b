"""Excel workbooks: the first sheet that holds anything, one turn a row."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, time
from types import ModuleType
from typing import Any, BinaryIO

from ..data.dialogue import whole_characters
from ..storage.errors import first_line
from .base import Head, Match, Options, WritableFormat, Write
from .columns import table_columns
from .grouping import Row, dialogues, gathered, lie_together, read_row
from .layout import Layout
from .records import Columns, Header, Reading, Result
from .sources import Source


class Xlsx(WritableFormat):
    """Reads and writes `.xlsx`; a formula counts by its value, and none is ever written."""

    name = "xlsx"
    title = "Excel workbook"
    endings = (".xlsx", ".xlsm")
    help = "The first sheet with anything on it, one turn a row. It needs the extra `formats`."
    seeks = True

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names in the archive."""
        if head.data.startswith(b"PK\3\4"):
            return Match.SURE if b"xl/" in head.data or head.ending in self.endings else Match.NO
        return Match.NEAR if head.ending in self.endings else Match.NO

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; see `Format.opened`."""
        openpyxl = openpyxl_module()
        with source.opened_to_seek() as file:
            try:
                workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            except Exception as error:  # zipfile's, the XML parser's or openpyxl's, by its damage
                raise ValueError(
                    f"'{source.name}' is no readable workbook ({first_line(error)}): save it anew "
                    f"as .xlsx."
                ) from error
            with closing(workbook):
                cells = _filled(workbook)
                _, names = next(cells, (1, []))
                while names and names[-1] is None:
                    names.pop()
                header = ["" if name is None else str(name).strip() for name in names]
                columns = table_columns(options.columns, header, source)
                rows = list(_rows(cells, header, columns, source, options))
                whole = rows
                if columns.key and not lie_together(row.name for row in rows):
                    whole = list(gathered(rows, list))
                place = f"{source.name}, row"
                yield Reading(
                    Header(header, columns),
                    dialogues(whole, columns, place, options.names, options.faults, list),
                )

    @contextmanager
    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> Iterator[Write]:
        """Give the function that adds a result's rows; the workbook is written at the end."""
        openpyxl = openpyxl_module()
        layout = Layout(header, labels)
        workbook = openpyxl.Workbook(write_only=True)
        sheet = workbook.create_sheet("turns")
        sheet.freeze_panes = "A2"
        sheet.append([plain_cell(sheet, name) for name in (*layout.kept, *layout.added)])

        def write(result: Result) -> None:
            cells = zip(layout.kept_cells(result), layout.added_cells(result), strict=True)
            for row, added in cells:
                values = (*(row[name] for name in layout.kept), *added)
                sheet.append([plain_cell(sheet, value) for value in values])

        yield write
        workbook.save(file)


def _filled(workbook: Any) -> Iterator[tuple[int, list[Any]]]:
    """Give the rows of the first sheet that has any, but empty ones, with their numbers."""
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()
        filled = False
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if any(value is not None for value in row):
                filled = True
                yield number, list(row)
        if filled:
            return


def _rows(
    cells: Iterator[tuple[int, list[Any]]],
    header: list[str],
    columns: Columns,
    source: Source,
    options: Options,
) -> Iterator[Row]:
    for number, row in cells:
        source.read_to()
        padded = [*row, *[None] * (len(header) - len(row))][: len(header)]
        fields = {name: _plain(value) for name, value in zip(header, padded, strict=True)}
        texts = {name: _text(value) for name, value in fields.items()}
        try:
            yield read_row(texts, columns, f"{source.name}, row", number, source.stem, fields)
        except ValueError as error:
            options.faults.add(error, fields)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, time)) else value


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def plain_cell(sheet: Any, value: Any) -> Any:
    """Return a cell; a text that begins with "=" stays one, what XML can't hold is left out."""
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", whole_characters(value)))
    cell.data_type = "s"
    return cell


def openpyxl_module() -> ModuleType:
    """Return openpyxl; raises ValueError where it isn't installed."""
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Excel workbooks need the package {error.name}: `pip install spacy-casn[formats]`."
        ) from error
    return openpyxl


XLSX = Xlsx()
