"""A file of dialogues or a chat, annotated in memory: as tables and as a page."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from spacy.tokens import Doc

from ..annotation.annotator import Annotator
from ..compat import msgpack_plugins_known
from ..data.types import Dialogue, Turn
from ..formats.base import Options, Write
from ..formats.reading import opened
from ..formats.records import Columns, Header
from ..formats.registry import recognised, writable
from ..formats.sources import Source
from .page import BATCH
from .render import render_views
from .views import view_dialogue

TABLES = ("csv", "xlsx")
"""Formats that results are given in beside the page."""
SHOWN = 100
"""Dialogues that the page shows at most."""


@dataclass(frozen=True)
class Outputs:
    """What became of a file.

    Args:
        read_as: What its format is called.
        dialogues: How many it holds.
        tables: The results as files, by the name of their format.
        page: The first dialogues as an HTML document.
    """

    read_as: str
    dialogues: int
    tables: dict[str, bytes]
    page: str


def annotate_file(
    annotator: Annotator, path: Path, *, columns: Columns | None = None, limit: int = SHOWN
) -> Outputs:
    """Annotate a file of any format.

    Args:
        annotator: A loaded pipeline.
        path: The file.
        columns: Where what stands in tables.
        limit: Dialogues on the page at most, the first ones.

    Raises:
        ValueError: it can't be read, with its place.
    """
    source = Source(path)
    known = recognised(source)
    key = annotator.pipe.spans_key
    options = Options(columns, spans_key=key)
    files = _files()
    views = []
    count = 0
    with ExitStack() as stack:
        stack.enter_context(msgpack_plugins_known())
        reading = stack.enter_context(opened([(source, known)], options))
        writers = stack.enter_context(_writers(files, annotator, reading.header))
        for result in annotator.results(reading.dialogues, options.faults, batch_size=BATCH):
            count += 1
            for write in writers:
                write(result)
            if count <= limit:
                views.append(view_dialogue(result.doc, title=result.dialogue.name, spans_key=key))
    return Outputs(known.title, count, _contents(files), render_views(views, page=True))


def chat_outputs(annotator: Annotator, doc: Doc, name: str) -> Outputs:
    """Return a chat that is annotated already, such as `DialogueSession.doc()`.

    Args:
        annotator: Its pipeline.
        doc: The chat.
        name: What it is called in the tables.
    """
    key = annotator.pipe.spans_key
    turns = [Turn(span.text, span.id_) for span in doc.spans[key]]
    result = annotator.result(Dialogue.of(turns, name=name), doc)
    files = _files()
    with _writers(files, annotator, Header.plain()) as writers:
        for write in writers:
            write(result)
    page = render_views([view_dialogue(doc, title=name, spans_key=key)], page=True)
    return Outputs("chat", 1, _contents(files), page)


@contextmanager
def _writers(
    files: dict[str, BytesIO], annotator: Annotator, header: Header
) -> Iterator[list[Write]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(writable()[name].writer(file, annotator.labels, header))
            for name, file in files.items()
        ]


def _files() -> dict[str, BytesIO]:
    return {name: BytesIO() for name in TABLES}


def _contents(files: dict[str, BytesIO]) -> dict[str, bytes]:
    return {name: file.getvalue() for name, file in files.items()}
