"""Annotates the dialogues in files, and shows them as one page."""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..annotation.annotator import Annotator
from ..annotation.plan import make_plan
from ..formats.faults import Faults
from ..formats.readers import opened
from ..formats.registry import STREAM
from ..formats.sources import Source
from ..formats.table import Columns
from .html_file import check_html_path, write_html
from .render import render_views
from .views import view_dialogue

BATCH = 128
"""Dialogues that are run at once."""


class Page(NamedTuple):
    """What a page shows."""

    dialogues: int
    turns: int
    more: bool
    """Whether there were more dialogues than were to be shown."""


def write_page(
    model: str,
    source: str,
    output: Path,
    *,
    source_format: str | None = None,
    columns: Columns | None = None,
    limit: int = 100,
) -> Page:
    """Put an emotion on each turn of the dialogues in files, and show them as one HTML page.

    Args:
        model: A pipeline's directory or package.
        source: A file, a folder with files of one format, or "-" for stdin.
        output: The HTML file; it appears when it is whole.
        source_format: "jsonl", "csv", "tsv", "parquet", "spacy" or "txt"; by default that of
            the ending.
        columns: Where what stands in tables.
        limit: Dialogues to show at most, the first ones.

    Raises:
        ValueError: something can't be read or written, with its place.
    """
    if limit < 1:
        raise ValueError(f"--limit {limit}: give at least 1.")
    output = check_html_path(Path(output))
    plan = make_plan(source, STREAM, source_format=source_format)
    annotator = Annotator.load(model)
    views = []
    sources = [Source(path) for path in plan.sources]
    faults = Faults()
    with opened(sources, plan.source_format, columns, faults) as reading:
        shown = islice(reading.records, limit)
        for result in annotator.results(shown, faults, batch_size=BATCH):
            key = annotator.pipe.spans_key
            views.append(view_dialogue(result.doc, title=result.record.name, spans_key=key))
        more = next(reading.records, None) is not None
    write_html(render_views(views, page=True), output)
    return Page(len(views), sum(len(view.turns) for view in views), more)
