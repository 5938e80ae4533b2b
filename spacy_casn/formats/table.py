"""Tables as text: one row a turn, in CSV or TSV files with a header line."""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..storage.limits import max_line
from .base import Head, Match, Options, WritableFormat, Write
from .columns import table_columns
from .encoding import as_text, encoding_of
from .faults import Faults
from .grouping import MakeFields, Row, dialogue_name, dialogues, gathered, lie_together, read_row
from .layout import Layout
from .lines import bounded_lines, too_long
from .records import Columns, Header, Reading, Result
from .sources import HEAD, Source

MAX_CELL = 16 * 2**20
"""Characters; the csv module allows no more than 131,072 unless it is told so."""
SEPARATORS = ",;\t|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
SNIFFED = 50
"""Lines by which the separator is found."""


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Args:
        separator: What parts the cells.
        encoding: Of the text.
        quoted: Whether quotes hold cells together; in a TSV without them they are text.
        skipped: Lines before the header: Excel's `sep=;`.
    """

    separator: str = ","
    encoding: str = "utf-8"
    quoted: bool = True
    skipped: int = 0

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Give the cells of each row; raises csv.Error for broken quotes."""
        return csv.reader(
            iter(lines),
            delimiter=self.separator,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            strict=True,
        )


def dialect_of(head: Head, separators: str = SEPARATORS) -> tuple[Dialect, bool]:
    """Return how a table is written, by its beginning, and whether it looks like one at all.

    A table has at least two columns, and as many cells in each row as in the header.

    Args:
        head: The beginning of the file.
        separators: Those that may part the cells, the likeliest first.
    """
    encoding = encoding_of(head.data, whole=head.whole) or "utf-8"
    lines = head.text.split("\n")
    skipped = 0
    if lines[0].startswith("sep=") and len(lines[0].rstrip()) == len("sep=") + 1:
        skipped, separators = 1, lines[0][4]
    lines = [f"{line}\n" for line in lines[skipped : skipped + SNIFFED]]
    if not head.whole:
        lines.pop()
    for separator in separators:
        for quoted in (True, False) if separator == "\t" else (True,):
            dialect = Dialect(separator, encoding, quoted, skipped)
            if _is_table(dialect, lines):
                return dialect, True
    first = max(separators, key=lines[0].count) if lines else separators[0]
    return Dialect(first, encoding, True, skipped), False


def _is_table(dialect: Dialect, lines: list[str]) -> bool:
    widths = []
    try:
        for row in dialect.rows(lines):
            widths.append(len(row))
            if len(widths) == 1 and not _is_header(row):
                return False
    except csv.Error as error:
        # A cell may hold line breaks, and so end behind the lines that are looked at.
        if len(lines) < SNIFFED or "unexpected end" not in str(error):
            return False
    widths = [width for width in widths if width]
    return len(set(widths)) == 1 and widths[0] > 1


def _is_header(cells: list[str]) -> bool:
    """Return whether the first row names columns, where a sentence with commas doesn't."""
    return len(set(cells)) == len(cells) and not any(
        name != name.strip() or name.endswith((".", "!", "?", ":")) or ": " in name
        for name in cells
    )


class Table(WritableFormat):
    """Tables as text.

    Args:
        name: What it is called.
        title: What people call it.
        endings: Of its files.
        separators: Those that may part the cells; the first is written.
    """

    help = "One turn a row; the first line names the columns."
    encoding = "utf-8"
    """Of what is written."""

    def __init__(self, name: str, title: str, endings: tuple[str, ...], separators: str) -> None:
        self.name = name
        self.title = title
        self.endings = endings
        self.separators = separators

    def recognise(self, head: Head) -> Match:
        """Return FITS where all rows have as many cells as the header, two or more."""
        dialect, fits = dialect_of(head, self.separators)
        if fits:
            return Match.SURE if dialect.skipped else Match.FITS
        hinted = head.ending in self.endings and not head.text.lstrip().startswith(("{", "["))
        return Match.NEAR if hinted else Match.NO

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; see `Format.opened`."""
        head = Head(source.head(), source.ending)
        dialect, _ = dialect_of(head, self.separators)
        with source.opened() as file:
            rows = TableRows(file, source.name, options.faults, dialect)
            columns = table_columns(options.columns, rows.header, source)
            rows.open_ended = columns.text == rows.header[-1]
            header = Header(rows.header, columns)

            def fields(cells: list[list[str]]) -> list[dict[str, Any]]:
                return [dict(zip(rows.header, row, strict=True)) for row in cells]

            kept: MakeFields = fields
            turns = self._rows(rows, columns, source, options.faults)
            if not self._lie_together(source, dialect, columns):
                turns, kept = gathered(turns, fields), list
            place = f"{source.name}, line"
            yield Reading(
                header, dialogues(turns, columns, place, options.names, options.faults, kept)
            )

    def _rows(
        self, rows: "TableRows", columns: Columns, source: Source, faults: Faults
    ) -> Iterator[Row]:
        for line, cells in rows:
            source.read_to()
            row = dict(zip(rows.header, cells, strict=True))
            try:
                yield read_row(row, columns, f"{source.name}, line", line, source.stem, cells)
            except ValueError as error:
                faults.add(error, row)

    def _lie_together(self, source: Source, dialect: Dialect, columns: Columns) -> bool:
        """Return whether a look through the file finds no dialogue twice; a stream may hope."""
        if source.path is None or source.is_stream or not columns.key:
            return True
        with Source(source.path).opened() as file, Unheard() as faults:
            rows = TableRows(file, source.name, faults, dialect)
            rows.open_ended = columns.text == rows.header[-1]
            return lie_together(
                dialogue_name(dict(zip(rows.header, cells, strict=True)), columns)
                for _, cells in rows
            )

    @contextmanager
    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> Iterator[Write]:
        """Give the function that writes a result's rows."""
        layout = Layout(header, labels)
        text = io.TextIOWrapper(file, encoding=self.encoding, newline="")
        table = csv.writer(text, delimiter=self.separators[0])
        as_cell = _as_it_is if raw else no_formula
        table.writerow([as_cell(name) for name in (*layout.kept, *layout.added)])

        def write(result: Result) -> None:
            cells = zip(layout.kept_cells(result), layout.added_cells(result), strict=True)
            table.writerows(
                [*(as_cell(row[name]) for name in layout.kept), as_cell(emotion), *scores]
                for row, (emotion, *scores) in cells
            )
            text.flush()

        try:
            yield write
        finally:
            text.flush()
            text.detach()


def no_formula(cell: Any) -> Any:
    """Return a text with an apostrophe before it, where a spreadsheet would take it for a formula.

    That is OWASP's advice: https://owasp.org/www-community/attacks/CSV_Injection. Numbers with a
    sign stay as they are.
    """
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _as_it_is(cell: Any) -> Any:
    return cell


class Unheard(Faults):
    """Faults that nobody hears of: those of a first look."""

    def add(self, error: ValueError, content: Any) -> None:
        """Pass over what can't be read."""


class TableRows:
    """The rows of a CSV or TSV file, read as they are asked for.

    Iterating gives the cells of each row, with the number of the line on which it begins;
    empty lines are passed over. What can't be read goes to `faults`, with its place: a row with
    more or fewer cells than the header, a line that is not of the encoding, or the first line of
    a row whose quotes are broken; the lines behind it are read anew.

    Where `open_ended` is set, the last cell is speech, and goes on behind a separator and a space:
    "17,Nora,My phone broke again, and I am furious!".

    Args:
        file: Its first line names the columns, unless it is Excel's `sep=`.
        name: What errors call the file.
        faults: Hears of what can't be read.
        dialect: How it is written.

    Raises:
        ValueError: the header can't be read.
    """

    def __init__(self, file: BinaryIO, name: str | Path, faults: Faults, dialect: Dialect) -> None:
        # It is one limit for the whole process, so it may only rise.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        self.name = name
        self.faults = faults
        self.open_ended = False
        self._dialect = dialect
        self._physical = _physical_lines(file, name, faults, dialect.encoding)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._line = 0
        for _ in range(dialect.skipped):
            next(self._lines())
        self._reader = self._dialect.rows(self._lines())
        try:
            self.header = next(self._reader, [])
        except csv.Error as error:
            raise self._explained(error, 1) from error

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            self._row.clear()
            begin = self._line + 1
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                self.faults.add(self._explained(error, begin), self._row[0])
                # A quote that nothing closes takes in all lines that follow.
                self._again.extendleft(reversed(self._row[1:]))
                self._line = begin
                self._reader = self._dialect.rows(self._lines())
                continue
            if cells is None:
                return
            width = len(self.header)
            surplus = cells[width:] if self.open_ended else []
            if surplus and all(cell.startswith(" ") for cell in surplus):
                cells[width - 1 :] = [self._dialect.separator.join(cells[width - 1 :])]
            if cells and len(cells) != width:
                problem = ValueError(
                    f"{self.name}, line {begin}: {len(cells)} cells, but the header has "
                    f"{width}: quote a cell that holds the separator."
                )
                self.faults.add(problem, "".join(self._row))
            elif cells:
                yield begin, cells

    def _lines(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._physical, None)
            if line is None:
                return
            self._line += 1
            self._row.append(line)
            yield line

    def _explained(self, error: csv.Error, line: int) -> ValueError:
        return ValueError(
            f"{self.name}, line {line}: {error}: quote a cell with quotes or line breaks, and "
            f"double the quotes in it."
        )


def _physical_lines(
    file: BinaryIO, name: str | Path, faults: Faults, encoding: str
) -> Iterator[str]:
    """Decode line by line, so that a byte that can't be read is named by its line."""
    if encoding.startswith("utf-16"):
        yield from _wide_lines(file, name, encoding)
        return
    number = 0
    for data in bounded_lines(file, name, faults):
        try:
            text = data.decode("utf-8" if number and encoding == "utf-8-sig" else encoding)
        except UnicodeDecodeError as error:
            problem = ValueError(
                f"{name}, line {number + 1}: the byte 0x{data[error.start]:02x} is no "
                f"{encoding.upper().removesuffix('-SIG')} ({error.reason}): save the file as UTF-8."
            )
            problem.__cause__ = error
            faults.add(problem, as_text(data))
            text = "\n"
        for line in io.StringIO(text, newline=""):
            number += 1
            yield line


def _wide_lines(file: BinaryIO, name: str | Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    pending = ""
    data = b"-"
    while data:
        data = file.read(HEAD)
        try:
            pending += decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{name}: it is no whole UTF-16 ({error.reason}): save it as UTF-8."
            ) from error
        *lines, pending = io.StringIO(pending, newline="").readlines() or [""]
        yield from lines
        if len(pending) > max_line():
            raise too_long(str(name))
    if pending:
        yield pending


class ExcelTable(Table):
    """A CSV table that Excel opens with its letters right: it begins with a byte order mark."""

    help = "As csv, with the byte order mark by which Excel knows UTF-8; for `--to`."
    encoding = "utf-8-sig"

    @property
    def suffix(self) -> str:
        return CSV.suffix

    def recognise(self, head: Head) -> Match:
        """Return NO: what is read is a CSV table."""
        return Match.NO


CSV = Table("csv", "CSV table", (".csv",), ",;|\t")
EXCEL_CSV = ExcelTable("csv-excel", "CSV table for Excel", (), ",")
TSV = Table("tsv", "TSV table", (".tsv", ".tab"), "\t")
