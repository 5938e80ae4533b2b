"""SRT subtitles."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .subtitles import cue_turns, read_cues

_TIMES = r"\d+:\d+:\d+[,.]\d+[ \t]*-->[ \t]*\d+:\d+:\d+[,.]\d+"
_BEGIN = re.compile(rf"\s*(?P<number>\d+\s*\n\s*)?{_TIMES}")
_LINE = re.compile(rf"^[ \t]*{_TIMES}", re.MULTILINE)


class Srt(TextFormat):
    """Reads SRT; see `subtitles.cue_turns`."""

    name = "srt"
    title = "SRT subtitles"
    endings = (".srt",)
    help = "Subtitles of films and videos; one turn a cue, or a dash. Extra `formats`."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: each cue has a line of times, mostly below a number."""
        return Match.SURE if _BEGIN.match(head.text) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        text = text.lstrip()
        begin = _BEGIN.match(text)
        if begin and not begin["number"]:
            # Without numbers, the cues are those of WebVTT but for the comma in times.
            dotted = _LINE.sub(lambda times: times[0].replace(",", "."), text)
            cues = read_cues(f"WEBVTT\n\n{dotted}", "vtt", source.name)
        else:
            cues = read_cues(text, "srt", source.name)
        yield Dialogue.of(cue_turns(cues), place=source.name, name=source.stem)


SRT = Srt()
