"""Dialogues as JSON in one piece: an object with "turns", or a list of them."""

from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .documents import documents
from .faults import Faults
from .jsonl import in_one_piece, parse_dialogue
from .sources import Source


class JsonFile(TextFormat):
    """Reads the objects that JSON lines have one a line, however they are laid out."""

    name = "json"
    title = "JSON dialogues"
    endings = (".json",)
    help = "What JSON lines hold, in one piece: an object with `turns`, or a list of them."

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names of members, and by how they are laid out."""
        if {"turns", "text"} <= head.keys and in_one_piece(head):
            return Match.SURE
        return Match.NEAR if head.ending in self.endings else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each object; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            values = value if isinstance(value, list) else [value]
            for number, one in enumerate(values, 1):
                alone = len(values) == 1
                where = place if alone else f"{place}, dialogue {number}"
                try:
                    yield parse_dialogue(
                        one, where, source.stem if alone else f"{source.stem}-{number}"
                    )
                except ValueError as error:
                    faults.add(error, one)


JSON = JsonFile()
