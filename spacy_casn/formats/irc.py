"""Logs of IRC and of chats that look like it: "[19:02] <nora> Hi!"."""

import re
from collections.abc import Iterator

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .spoken import share, silent, spoken, without_marks

_TIME = (
    r"(?:[\[(]?(?P<time>(?:\d{4}[-/.]\d\d[-/.]\d\d[T ]|[A-Z][a-z]{2} \d\d? )?"
    r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?)"
    r"[\])]?\s+)?"
)
_SAID = re.compile(
    rf"{_TIME}(?!<!(?:--|[A-Z]+\s))<[@+%&~!\s]?(?P<name>(?=[^<>\n]*[^\W\d_]|\*>)[^<>\"=\n]{{1,60}})>"
    r"(?:\s(?!=)|$)(?P<text>.*)"
)
_TABBED = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\t[@+%&~!]?(?P<name>[^\t]{1,60})\t(?P<text>.*)"
)
_ACTION = re.compile(rf"{_TIME}\*\s?(?P<name>[^\s*<>]{{1,60}})\s(?P<text>.+)")
_EVENT = re.compile(rf"{_TIME}(?:-!-|\*{{1,4}}|-->|<--|={{3}}|-{{2,3}})\s")
_COMES = re.compile(r"has (?:joined|left|quit)\b|is now known as\b|sets mode\b")
_SIGNS = re.compile(r"[^\w]+")


class Irc(TextFormat):
    """Reads logs in which each line has a name in pointed brackets, or between tabs.

    What somebody does ("* pete hugs nora") is a turn in which nothing is said; who comes and goes
    is left out.
    """

    name = "irc"
    title = "IRC log"
    help = "Lines such as `[19:02] <nora> Hi!`, with or without times, or with tabs as in WeeChat."
    fields = ("time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: most lines have a name in brackets, and no tag ends."""
        lines = [without_marks(line) for line in head.lines]
        said = share(lines, _SAID) + share(lines, _TABBED)
        known = said + share(lines, _EVENT)
        if said >= 0.2 and known >= 0.6 and "</" not in head.text:
            return Match.SURE
        return Match.NEAR if known >= 0.3 else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        turns = [turn for line in text.split("\n") if (turn := _turn(without_marks(line).strip()))]
        yield Dialogue.of(turns, place=source.name, name=source.stem)


def _turn(line: str) -> Turn | None:
    said = _SAID.match(line) or _TABBED.match(line)
    if said is not None:
        name = said["name"].strip()
        if name == "*":
            who, _, what = said["text"].partition(" ")
            return silent(what, who, time=said["time"])
        return None if _SIGNS.fullmatch(name) else spoken(said["text"], name, time=said["time"])
    done = _ACTION.match(line)
    if done is None or _COMES.match(done["text"]):
        return None
    return silent(done["text"], done["name"], time=done["time"])


IRC = Irc()
