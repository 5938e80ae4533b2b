"""Tables whose columns are known by their names: MELD, EmoryNLP, and Discord's messages."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from ..data.types import Dialogue
from .base import Format, Head, Match, Options
from .records import Columns, Reading
from .sources import Source
from .table import CSV, dialect_of

_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class KnownTable(Format):
    """A table in which nobody needs to name the columns.

    Args:
        name: What it is called.
        title: What people call it.
        help: What a user should know of it.
        columns: Where what stands. Of a key of several columns, those count that are there.
        marks: Further columns by which it is recognised.
    """

    def __init__(
        self, name: str, title: str, help: str, columns: Columns, marks: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.title = title
        self.help = help
        self.columns = columns
        self.marks = marks

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names of the columns."""
        named = {self.columns.text, self.columns.speaker, self.columns.emotion, *self.marks}
        key = self.columns.key
        header = _header(head)
        found = header >= named - {None} and (not key or key[-1] in header)
        return Match.SURE if found else Match.NO

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; columns that were named by hand go before. See `Format.opened`."""
        header = _header(Head(source.head(), source.ending))
        key = tuple(name for name in self.columns.key if name in header) or None
        columns = options.columns or replace(self.columns, dialogue=key)
        with CSV.opened(source, replace(options, columns=columns)) as reading:
            yield replace(reading, dialogues=map(_with_names, reading.dialogues))


def _with_names(dialogue: Dialogue) -> Dialogue:
    """Return it with names for lists of them, as EmoryNLP has: "['Ross', 'Monica']"."""
    speakers = [
        ", ".join(one or other for one, other in _QUOTED.findall(name))
        if name.startswith("[") and name.endswith("]")
        else name
        for name in dialogue.speakers
    ]
    return replace(dialogue, speakers=speakers)


def _header(head: Head) -> set[str]:
    dialect, _ = dialect_of(head)
    lines = head.text.split("\n")[dialect.skipped :]
    # A cell that goes on in the next line, or whose quotes don't end, is no known column.
    with suppress(csv.Error):
        return set(next(dialect.rows(lines[:1]), []))
    return set()


MELD = KnownTable(
    "meld",
    "MELD table",
    "The CSV files of MELD, such as `train_sent_emo.csv`.",
    Columns("Dialogue_ID", "Utterance", "Speaker", "Emotion", "Utterance_ID"),
)
EMORYNLP = KnownTable(
    "emorynlp",
    "EmoryNLP table",
    "The CSV files of EmoryNLP; a scene is a dialogue.",
    Columns(("Season", "Episode", "Scene_ID"), "Utterance", "Speaker", "Emotion", "Utterance_ID"),
)
DISCORD_CSV = KnownTable(
    "discordcsv",
    "Discord export as a table",
    "A channel as DiscordChatExporter writes it as CSV; the file is one dialogue.",
    Columns(None, "Content", "Author"),
    marks=("AuthorID", "Date"),
)
