"""What the readers of transcripts and chats share: turns, silent ones, clean names and times."""

import re
from html import unescape
from html.entities import html5
from typing import Any

from ..data.types import Turn

NOTE = "note"
"""The field that holds what stands in the place of speech, such as "<Media omitted>"."""

_MARKS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|<[\d:.]+>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w*);")
_SOUND = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\*[^*]+\*|[♪♫][^♪♫]*[♪♫]?|[\s.]")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")


def spoken(text: str, speaker: str = "", **fields: Any) -> Turn:
    """Return a turn of what is said; a sound alone, such as "[Music]", isn't speech."""
    text = one_line(text)
    if not _SOUND.sub("", text):
        return silent(fields.pop(NOTE, None) or text, speaker, **fields)
    return Turn(text, speaker, "", _known(fields))


def silent(note: str, speaker: str = "", **fields: Any) -> Turn:
    """Return a turn in which nothing is said; the note is what stands in its place."""
    return Turn("", speaker, "", _known({**fields, NOTE: one_line(note) or None}))


def without_marks(text: str) -> str:
    """Return the text without what can't be seen: marks of direction, of order and of no width."""
    return _MARKS.sub("", text)


def one_line(text: str) -> str:
    """Return the text with one space for each run of white space."""
    return " ".join(text.split())


def plain(text: str) -> str:
    """Return the text without tags, with characters for HTML's entities."""
    return unescape(_TAG.sub("", text))


def without_entities(text: str) -> str:
    """Return the text with characters for HTML's entities that are written in full: "&#39;"."""
    return _ENTITY.sub(_character, text)


def seconds(clock: str) -> float | None:
    """Return the seconds of "0:03", "00:00:03,000" or "1:02:03.5"; None for anything else."""
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return None
    hours, minutes, rest = match.groups()
    return round(3600 * int(hours or 0) + 60 * int(minutes) + float(rest.replace(",", ".")), 3)


def share(lines: list[str], pattern: re.Pattern[str]) -> float:
    """Return the share of lines that begin as the pattern says; 0.0 where there are none."""
    return sum(pattern.match(line) is not None for line in lines) / len(lines) if lines else 0.0


def _character(entity: re.Match[str]) -> str:
    written = entity[0]
    character = unescape(written) if written[1] == "#" or written[1:] in html5 else written
    # A number of no character, such as 0, stands for nothing that was said.
    return character if character.isprintable() and character != "\ufffd" else written


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
