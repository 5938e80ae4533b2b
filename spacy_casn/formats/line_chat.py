"""Chats that LINE exports: `[LINE] Chat history with Nora`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .clock import DATE, TIME, month_first, timestamp
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken, without_marks

_DAY = re.compile(rf"(?:[^\W\d]{{2,12}}\.?,\s*)?(?P<date>{DATE})\s?(?:[(（][^()（）\t]+[)）])?$")
_MESSAGE = re.compile(rf"(?P<time>{TIME})\t(?P<name>[^\t]*)(?:\t(?P<text>.*))?$")
_CALL = re.compile(r"☎\s.*")


class _Message(NamedTuple):
    date: str
    time: str
    name: str
    lines: list[str]


class LineChat(TextFormat):
    """Reads a chat of LINE: dates on lines of their own, and time, name and text between tabs.

    Who joins or takes a message back is left out; a picture, sticker or call is a turn in which
    nothing is said.
    """

    name = "line"
    title = "LINE export"
    help = "The text file that LINE exports of a chat."
    fields = ("time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: a date, and messages with tabs below it."""
        lines = [without_marks(line) for line in head.lines[:8]]
        days = [number for number, line in enumerate(lines) if _DAY.match(line)]
        below = lines[days[0] + 1 :] if days else []
        return Match.SURE if below and _MESSAGE.match(below[0]) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        date, messages = "", list[_Message]()
        for line in without_marks(text).split("\n"):
            if day := _DAY.match(line.strip()):
                date = day["date"]
            elif date and (match := _MESSAGE.match(line.rstrip())):
                said = [] if match["text"] is None else [match["text"]]
                messages.append(_Message(date, match["time"], match["name"].strip(), said))
            elif messages and messages[-1].lines:
                messages[-1].lines.append(line)
        by_month = month_first((one.date, one.time) for one in messages)
        turns = [_turn(one, by_month) for one in messages if one.name and one.lines]
        yield Dialogue.of(turns, place=source.name, name=source.stem)


def _turn(message: _Message, by_month: bool) -> Turn:
    time = timestamp(message.date, message.time, month_first=by_month)
    text = "\n".join(message.lines).strip()
    if "\n" in text and text[:1] == text[-1:] == '"':
        text = text[1:-1].replace('""', '"')
    if _CALL.fullmatch(text):
        return silent(text, message.name, time=time)
    return spoken(text, message.name, time=time)


LINE_CHAT = LineChat()
