"""Plain transcripts: one dialogue a file, one turn a line."""

from collections.abc import Iterator

from ..data.dialogue import unclear_speakers
from ..data.transcripts import read_transcript
from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .structure import machine_made
from .table import dialect_of


class Transcript(TextFormat):
    """See the module."""

    name = "txt"
    title = "plain transcript"
    endings = (".txt", ".text")
    help = "One dialogue a file, one turn a line, with the speaker's name and a colon before it."
    fields = ("time",)

    def recognise(self, head: Head) -> Match:
        """Return FITS for a text that has no other structure than lines."""
        if (
            not head.text.strip()
            or head.keys
            or head.text.lstrip().startswith(("<!", "<?", "<html"))
        ):
            return Match.NO
        if any("-->" in line or "__eou__" in line for line in head.lines):
            return Match.NO
        if machine_made(head.lines, head.text):
            return Match.NO
        return Match.NO if dialect_of(head)[1] else Match.FITS

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the file's one dialogue."""
        found = read_transcript(text)
        if found.unclear is not None:
            raise ValueError(f"{source.name}: {unclear_speakers(found)}.")
        for number, joined in found.stray:
            what = "joined to the turn before" if joined else "kept as a turn of nobody's"
            faults.repaired(f"{source.name}, line {number}", f"it names no speaker, and was {what}")
        turns = [
            Turn(
                " ".join(text[turn.start : turn.end].split("\n")),
                turn.speaker,
                fields={"time": turn.time} if turn.time else {},
            )
            for turn in found.turns
        ]
        yield Dialogue.of(turns, place=source.name, name=source.stem, keys={"id": source.stem})


TRANSCRIPT = Transcript()
