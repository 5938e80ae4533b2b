"""CHAT, the transcription format of TalkBank and CHILDES (`.cha`)."""

import re
from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .spoken import one_line, silent, spoken, without_marks

_TIER = re.compile(r"\*([A-Za-z0-9_\-]{1,12}):\s*(.*)", re.DOTALL)
_BULLET = re.compile('[\x15•](?:%snd:"[^"]*"_)?(\\d+)_(\\d+)[\x15•]')
_REPLACED = re.compile(r"(?:<[^<>]{1,300}>|(?<!\S)\S{1,80})\s{0,9}\[::?\s*([^\[\]]{0,300})\]")
_LEFT_OUT = re.compile(
    r"\[[^\[\]]{0,300}\]"  # codes, such as [/] and [=! laughs]
    r"|&=\S+|&\*\S+"  # what happens, and what others throw in
    r"|(?<!\S)0\S*"  # words that weren't said
    r"|(?<!\S)(?:xxx|yyy|www|xx|yy)\b(?:@\S+)?"  # what can't be understood
    r"|\(\.+\)|\(\d*:?\d+\.?\d*\)"  # pauses
    r"|\+(?=[<^,\"]|$)|\+\+"  # links to the turn before
    r"|[<>‹›↑↓⌈⌉⌊⌋⁎∆▔☺♋≋≡∙∬⁇°▁\"“”]|@\S+"
)
_UNFINISHED = re.compile(r"\+(?:\.\.\.?|/+|!|\"/?|=)?(?=[.?!])")
_SPACE = re.compile(r"\s+([,.?!])")


class Chat(TextFormat):
    """Reads CHAT: a turn for each main line, without codes; dependent lines are left out.

    What can't be understood, or isn't a word, is a turn in which nothing is said.
    """

    name = "cha"
    title = "CHAT transcript"
    endings = (".cha",)
    help = "Transcripts of TalkBank and CHILDES; speakers are their codes, such as CHI."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: each file says where it begins."""
        begins = any(line == "@Begin" for line in head.lines[:10])
        return Match.SURE if begins or head.text.startswith("@UTF8") else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        tiers = re.sub(r"\n[\t ]+", " ", without_marks(text)).split("\n")
        keys = dict(line[1:].split(":\t", 1) for line in tiers if line[:1] == "@" and ":\t" in line)
        known: dict[str, Any] = {
            name: keys[name].strip() for name in ("Participants", "Situation") if name in keys
        }
        turns = [_turn(match) for line in tiers if (match := _TIER.match(line))]
        yield Dialogue.of(turns, place=source.name, name=source.stem, keys=known)


def _turn(match: re.Match[str]) -> Turn:
    line = match[2]
    bullets = _BULLET.findall(line)
    start, end = (
        (int(bullets[0][0]) / 1000, int(bullets[-1][1]) / 1000) if bullets else (None, None)
    )
    words = _words(_BULLET.sub("", line))
    if not any(map(str.isalnum, words)):
        return silent(_BULLET.sub("", line), match[1], start=start, end=end)
    return spoken(words, match[1], start=start, end=end)


def _words(line: str) -> str:
    """Return what was said as one writes it."""
    line = _REPLACED.sub(r"\1", line)
    line = _UNFINISHED.sub("", _LEFT_OUT.sub(" ", line)).replace("+", "")
    line = re.sub(r"&[-+~]?(?=\w)", "", line)
    line = re.sub(r"(?<=\w)_(?=\w)|[‡„]", " ", line)
    line = re.sub(r"[()^ˈˌ]|(?<=\w):+(?=[\w\s])", "", line)
    return _SPACE.sub(r"\1", one_line(line))


CHAT = Chat()
