"""SBV, the subtitles of YouTube."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .subtitles import cue_turns, read_cues

_BEGIN = re.compile(r"\s*\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}\n")


class Sbv(TextFormat):
    """Reads SBV; see `subtitles.cue_turns`."""

    name = "sbv"
    title = "SBV subtitles"
    endings = (".sbv",)
    help = "Subtitles that YouTube Studio writes; one turn a cue. Extra `formats`."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: it begins with a line of two times."""
        return Match.SURE if _BEGIN.match(head.text) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        cues = read_cues(text.lstrip(), "sbv", source.name)
        yield Dialogue.of(cue_turns(cues), place=source.name, name=source.stem)


SBV = Sbv()
