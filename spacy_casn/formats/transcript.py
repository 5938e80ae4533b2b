"""Plain transcripts: one dialogue a file, one turn a line."""

from collections.abc import Iterator

from ..data.dialogue import check_speakers, transcript_turns
from ..data.types import Dialogue
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

    def recognise(self, head: Head) -> Match:
        """Return FITS for a text that has no other structure than lines."""
        if not head.lines or head.keys or head.text.lstrip().startswith(("<!", "<?", "<html")):
            return Match.NO
        if any("-->" in line or "__eou__" in line for line in head.lines):
            return Match.NO
        if machine_made(head.lines, head.text):
            return Match.NO
        return Match.NO if dialect_of(head)[1] else Match.FITS

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the file's one dialogue."""
        check_speakers(text, source.name)
        yield Dialogue.of(
            transcript_turns(text), place=source.name, name=source.stem, keys={"id": source.stem}
        )


TRANSCRIPT = Transcript()
