"""Annotates the dialogues in files, and shows them as one page."""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..annotation.annotator import Annotator
from ..annotation.plan import find_sources
from ..formats.base import Options
from ..formats.reading import opened
from ..formats.records import Columns
from ..formats.registry import find_format
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
        source_format: The name of one of `formats.registry.formats()`; by default what the
            content is recognised as.
        columns: Where what stands in tables.
        limit: Dialogues to show at most, the first ones.

    Raises:
        ValueError: something can't be read or written, with its place.
    """
    if limit < 1:
        raise ValueError(f"`limit` = {limit}: give at least 1.")
    output = check_html_path(Path(output))
    given = None if source_format is None else find_format(source_format, "source_format")
    sources, known = find_sources(source, given)
    annotator = Annotator.load(model)
    key = annotator.pipe.spans_key
    options = Options(columns, spans_key=key)
    with opened([(each, known) for each in sources], options) as reading:
        shown = islice(reading.dialogues, limit)
        views = [
            view_dialogue(result.doc, title=result.dialogue.name, spans_key=key)
            for result in annotator.results(shown, options.faults, batch_size=BATCH)
        ]
        more = next(reading.dialogues, None) is not None
    write_html(render_views(views, page=True), output)
    return Page(len(views), sum(len(view.turns) for view in views), more)
