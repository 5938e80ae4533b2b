"""The workbook of a summary: its figures, its dialogues and all its turns, for Excel."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..formats.xlsx import openpyxl_module, plain_cell
from ..storage.files import replaced_when_whole
from .figures import Figures, Shares
from .table import TurnTable

MAX_ROWS = 1_048_575
"""Of a sheet, below its header."""


def write_workbook(table: TurnTable, figures: Figures, path: Path) -> None:
    """Write the workbook; it appears when it is whole.

    Turns beyond what a sheet can hold are left out; the figures count them.
    """
    workbook = openpyxl_module().Workbook(write_only=True)
    for title, shares in (
        ("emotions", figures.overall),
        ("speakers", figures.speakers),
        ("positions", figures.positions),
        ("hours", figures.hours),
        ("weeks", figures.weeks),
        ("minutes", figures.minutes),
        ("answers", figures.answers),
    ):
        if shares is not None:
            first = "answered" if title == "answers" else title
            _sheet(workbook, title, _share_header(first), _share_rows(shares, table.labels))
    _sheet(workbook, "dialogues", _dialogue_header(table.labels), _dialogue_rows(table, figures))
    header = ("dialogue", "turn", "speaker", "text", "emotion", "score", "time", "seconds")
    _sheet(workbook, "turns", header, _turn_rows(table))
    with replaced_when_whole(path) as temporary, temporary.open("wb") as file:
        workbook.save(file)


def _sheet(workbook: Any, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 24
    sheet.append([plain_cell(sheet, name) for name in header])
    count = 1
    for row in rows:
        sheet.append([plain_cell(sheet, value) for value in row])
        count += 1
    last = openpyxl_module().utils.get_column_letter(len(header))
    sheet.auto_filter.ref = f"A1:{last}{count}"


def _share_header(first: str) -> tuple[str, ...]:
    return (first, "emotion", "turns", "of", "share", "at least", "at most")


def _share_rows(shares: Shares, labels: Sequence[str]) -> Iterable[Sequence[Any]]:
    for row, key in enumerate(shares.keys):
        for column, label in enumerate(labels):
            share, low, high = (
                None if each[row, column] != each[row, column] else round(each[row, column], 4)
                for each in (shares.shares, shares.low, shares.high)
            )
            turns = int(shares.counts[row, column])
            yield key, label, turns, int(shares.totals[row]), share, low, high


def _dialogue_header(labels: Sequence[str]) -> tuple[str, ...]:
    moods = ("mood at first", "mood at last", "change", "recovery")
    ranks = [f"{label}, at least" for label in labels]
    return ("dialogue", "turns", "first row in turns", *labels, *ranks, *moods)


def _dialogue_rows(table: TurnTable, figures: Figures) -> Iterable[Sequence[Any]]:
    courses = figures.courses
    moods = (courses.begin, courses.end, courses.change, courses.recovery)
    for number, name in enumerate(table.names):
        start, stop = table.starts[number : number + 2].tolist()
        yield (
            name,
            stop - start,
            start + 2,
            *courses.counts[number].tolist(),
            *courses.at_least[number].round(4).tolist(),
            *(None if mood[number] != mood[number] else round(mood[number], 3) for mood in moods),
        )


def _turn_rows(table: TurnTable) -> Iterable[Sequence[Any]]:
    labels = [*table.labels, None]
    for number, dialogue in enumerate(table.dialogue[:MAX_ROWS].tolist()):
        score, moment = table.score[number], table.moments[number]
        seconds = float(table.seconds[number])
        yield (
            table.names[dialogue],
            number - int(table.starts[dialogue]) + 1,
            table.speakers[number],
            table.texts[number],
            labels[table.emotion[number]],
            None if score != score else round(float(score), 4),
            None if moment is None else moment.isoformat(),
            None if seconds != seconds else seconds,
        )
