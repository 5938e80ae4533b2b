"""Examinations as courts write them down: `Q.` asks and `A.` answers."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .spoken import one_line, share, spoken, without_marks

_NUMBER = r"(?:\d{1,2}(?:\s+|$))?"
"""Of the line on its page."""
_TURN = re.compile(
    rf"{_NUMBER}(?:(?P<side>[QA])[.:]?\s+|(?P<name>[A-Z][A-Z.'\- ]{{1,40}}[A-Z]):\s+)(?P<text>\S.*)"
)
_SIDE = re.compile(rf"{_NUMBER}[QA](?:\.|\s{{2,}}|\t)\s*\S")
_BY = re.compile(rf"{_NUMBER}BY [A-Z.'\- ]+:$")
_BARE = re.compile(r"(?:page\s+)?\d{1,4}$", re.IGNORECASE)
_BEFORE = re.compile(_NUMBER)


class Deposition(TextFormat):
    """Reads questions and answers; who else speaks has a name in capitals, as "MR. ROSS:".

    Numbers of lines and pages aren't said, nor is what stands before the first question.
    """

    name = "deposition"
    title = "examination with Q. and A."
    help = "Questions and answers as `Q. Where were you?` and `A. At home.`, as courts have them."
    fields = ("note",)

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: both sides speak, again and again."""
        lines = [without_marks(line) for line in head.lines]
        sides = {
            match["side"] for line in lines if (match := _TURN.match(line)) and _SIDE.match(line)
        }
        known = {"Q", "A"} <= sides and share(lines, _SIDE) >= 0.15
        return Match.SURE if known else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        turns: list[tuple[str, list[str]]] = []
        for line in map(str.strip, without_marks(text).split("\n")):
            if _BARE.match(line) or _BY.match(line):
                continue
            if match := _TURN.match(line):
                turns.append((match["side"] or one_line(match["name"]), [match["text"]]))
            elif turns:
                turns[-1][1].append(_BEFORE.sub("", line, count=1))
        said = (spoken("\n".join(lines), name) for name, lines in turns)
        yield Dialogue.of(said, place=source.name, name=source.stem)


DEPOSITION = Deposition()
