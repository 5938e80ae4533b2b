"""The chat that Zoom saves beside a meeting."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .spoken import one_line, silent, spoken, without_marks

_HEADER = re.compile(
    r"(?P<time>(?:\d{4}-\d\d-\d\d[ T])?\d{1,2}:\d{2}:\d{2})\s+(?:From|Von|De|Da|Van)\s+"
    r"(?P<name>\S[^\n]{0,99}?)(?:\s+(?:to|To|an|à|a|para|aan)\s+(?P<to>\S[^:\n]{0,99}?))?\s*:(?=\s|$)"
)
_REACTION = re.compile(r"(?:Reacted to|Removed a)\b[^\n]*", re.IGNORECASE)
_REPLY = re.compile(r"Replying to [\"“][^\n]*?(?:[\"”]\s*(?:\n|$)|\n|$)")


class ZoomChat(TextFormat):
    """Reads chats saved by Zoom: a line with time and name, and what is said behind or below.

    A reaction is a turn in which nothing is said; what a reply quotes isn't said again.
    """

    name = "zoomchat"
    title = "Zoom chat"
    help = "The chat that Zoom saves beside a meeting; who was addressed is kept."
    fields = ("time", "to", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: it begins with a time, and from whom."""
        lines = [without_marks(line).strip() for line in head.lines[:1]]
        return Match.SURE if any(map(_HEADER.match, lines)) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        messages: list[tuple[re.Match[str], list[str]]] = []
        for line in without_marks(text).split("\n"):
            match = _HEADER.match(line.strip())
            if match is not None:
                messages.append((match, [line.strip()[match.end() :]]))
            elif messages:
                messages[-1][1].append(line)
        turns = [_turn(match, "\n".join(lines).strip()) for match, lines in messages]
        yield Dialogue.of(turns, place=source.name, name=source.stem)


def _turn(match: re.Match[str], text: str) -> Turn:
    name, fields = one_line(match["name"]), {"time": match["time"], "to": match["to"]}
    if _REACTION.fullmatch(text):
        return silent(text, name, **fields)
    return spoken(_REPLY.sub("", text, count=1), name, **fields)


ZOOM_CHAT = ZoomChat()
