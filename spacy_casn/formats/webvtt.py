"""WebVTT, as Zoom ("Nora: Hi!") and Teams (`<v Nora>Hi!</v>`) write transcripts."""

from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .subtitles import cue_turns, read_cues


class WebVtt(TextFormat):
    """Reads WebVTT; see `subtitles.cue_turns`."""

    name = "vtt"
    title = "WebVTT subtitles"
    endings = (".vtt",)
    help = "Meeting transcripts of Zoom and Teams, and subtitles; one turn a cue. Extra `formats`."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: each file begins with the same word."""
        return Match.SURE if head.text.startswith("WEBVTT") else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        cues = read_cues(text, "vtt", source.name)
        yield Dialogue.of(cue_turns(cues), place=source.name, name=source.stem)


WEBVTT = WebVtt()
