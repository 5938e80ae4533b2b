"""A format as a third party would ship it: this module, and one line of its setup.cfg.

spacy_casn_formats =
    quips = plugin_format:QUIPS
"""

import re
from collections.abc import Iterator

from spacy_casn.data.types import Dialogue, Turn
from spacy_casn.formats.base import Head, Match, TextFormat
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.sources import Source

LINE = re.compile(r"~(?P<name>[^>]+)> (?P<text>.*)")


class Quips(TextFormat):
    name = "quips"
    title = "Quips"
    endings = (".quip",)
    help = "One turn a line, as `~Ann> Hello!`."

    def recognise(self, head: Head) -> Match:
        """Return SURE where all lines are such turns."""
        return Match.SURE if head.lines and all(map(LINE.match, head.lines)) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Yield the file's one dialogue."""
        found = map(LINE.fullmatch, text.splitlines())
        turns = [Turn(line["text"], line["name"]) for line in found if line]
        yield Dialogue.of(turns, place=source.name, name=source.stem)


QUIPS = Quips()
