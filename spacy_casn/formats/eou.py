"""DailyDialog's raw text: a dialogue a line, with `__eou__` behind each turn."""

from collections.abc import Iterator

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source

_END = "__eou__"


class Eou(TextFormat):
    """Reads text in which each line is a dialogue, and `__eou__` ends each turn."""

    name = "eou"
    title = "DailyDialog text"
    help = "One dialogue a line, with `__eou__` behind each turn."

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: most lines have the mark."""
        lines = head.lines
        marked = sum(_END in line for line in lines)
        return Match.SURE if lines and 2 * marked >= len(lines) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each line that isn't empty; see `TextFormat.parse`."""
        for number, line in enumerate(text.split("\n"), 1):
            turns = [Turn(part) for part in map(str.strip, line.split(_END))]
            if turns and not turns[-1].text:
                turns.pop()
            if turns:
                yield Dialogue.of(
                    turns, place=f"{source.name}, line {number}", name=f"{source.stem}-{number}"
                )


EOU = Eou()
