"""SRT subtitles."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .subtitles import cue_turns, read_cues

_BEGIN = re.compile(r"\s*\d+\s*\n\s*\d+:\d+:\d+[,.]\d+\s*-->\s*\d+:\d+:\d+[,.]\d+")


class Srt(TextFormat):
    """Reads SRT; see `subtitles.cue_turns`."""

    name = "srt"
    title = "SRT subtitles"
    endings = (".srt",)
    help = "Subtitles of films and videos; one turn a cue, or a dash. Extra `formats`."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: each cue has a number and a line of times."""
        return Match.SURE if _BEGIN.match(head.text) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        cues = read_cues(text.lstrip(), "srt", source.name)
        yield Dialogue.of(cue_turns(cues), place=source.name, name=source.stem)


SRT = Srt()
