"""Who says what in a plain transcript: one fixed rule, for commands and pipelines alike.

A line may begin with a name and a colon. What stands around a name is no part of it: a time stamp,
brackets, invisible marks.

    Ann: Hello.    [12:03] Ann: Hello.    Ann (00:12): Hello.    [Ann]: Hello.    Ann：Hello.

- Where all lines begin so, the names are the speakers.
- Where half of them or more do and a name comes again, or all but one do, the names are the
  speakers too. A line without a name goes on with the turn before it, if it follows right behind
  and is neither wholly in brackets nor without letters; else it is a turn of nobody's:

      Transcript of 14 March        nobody's
      Ann: I got the letter.
      It came this morning.         Ann goes on
      Ben: And?
      (end of recording)            nobody's

- Where most lines begin so without a space behind the colon, and a name comes again, likewise.
- Else no line has a speaker, and a colon is text ("Note: bring cash"). If most lines begin with a
  name, or two names come again, that is unclear: commands refuse it, pipelines warn.

To be strict is to go by the first sentence alone.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MAX_SPEAKER_LENGTH = 80
"""Characters; what is longer and stands before a colon is taken for speech."""

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_STAMP = rf"(?:{_DATE}(?:,?\s+|T)(?:at\s+)?)?{_CLOCK}|{_DATE}"
_STAMP_BEFORE = re.compile(rf"[\[(<{{]?\s*({_STAMP})\s*[\])>}}]?(?:[\s,;|–—-]+|$)")
_STAMP_BEHIND = re.compile(
    rf"(?:^|[\s,;|–—-]+)[\[(<{{]\s*({_STAMP})\s*[\])>}}]$|[\s,;|–—-]+({_STAMP})$"
)
_AROUND = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)|<([^<>]*)>|\{([^{}]*)\}|(?:\*\*)([^*]*)(?:\*\*)")
_PREFIX = re.compile(rf"[^\S\r\n]*+(.{{0,{MAX_SPEAKER_LENGTH}}}?)(?::(?=\s|$)|：)")
_TIGHT_PREFIX = re.compile(r"[^\S\r\n]*+([^\W\d_][^:：/\r\n]{0,30}):(?!//)(?=\S)")
_ALOUD = re.compile(r"[^\W_]")


class TranscriptTurn(NamedTuple):
    """Where a turn stands in its transcript, in characters, and who says it when."""

    begin: int
    """Where its line begins, and with it the speaker's name."""
    start: int
    end: int
    """The same as `start` where nothing is said."""
    speaker: str
    time: str


@dataclass
class Transcript:
    """What was found in a transcript.

    Args:
        turns: In order.
        stray: The lines without a speaker among others that have one, from 1, and whether each
            was joined to the turn before it.
        unclear: The first line that leaves it open whether there are speakers; None if it is clear.
        named: How many lines begin with a name.
        lines: How many there are, without empty ones.
    """

    turns: list[TranscriptTurn]
    stray: list[tuple[int, bool]]
    unclear: int | None
    named: int
    lines: int


class _Line(NamedTuple):
    number: int
    start: int
    text: str


def read_transcript(text: str, *, strict: bool = False) -> Transcript:
    """Return the turns of a transcript, by the rule above.

    Args:
        text: The transcript.
        strict: Whether each line must begin with a name, or none has a speaker.
    """
    lines = []
    start = 0
    for number, written in enumerate(text.splitlines(keepends=True), 1):
        if written.strip():
            lines.append(_Line(number, start, written))
        start += len(written)
    colons = ":" in text or "：" in text
    prefixes = [_PREFIX.match(line.text) if colons else None for line in lines]
    named = len(prefixes) - prefixes.count(None)
    if colons and not strict and not _speakers(prefixes, strict):
        tight = [_TIGHT_PREFIX.match(line.text) for line in lines]
        if _speakers(tight, strict, again=True):
            prefixes = tight
    if not _speakers(prefixes, strict):
        names = Counter(match[1] for match in prefixes if match)
        doubtful = 2 * named > len(lines) or sum(count > 1 for count in names.values()) > 1
        first = next(
            (line.number for line, match in zip(lines, prefixes, strict=True) if not match), None
        )
        plain = [_turn(line, None) for line in lines]
        return Transcript(plain, [], first if doubtful else None, named, len(lines))
    turns: list[TranscriptTurn] = []
    stray = []
    before = 0
    for line, match in zip(lines, prefixes, strict=True):
        if match is None:
            joined = bool(turns) and line.number == before + 1 and _goes_on(line.text)
            stray.append((line.number, joined))
            if joined:
                turns[-1] = turns[-1]._replace(end=line.start + len(line.text.rstrip()))
            else:
                turns.append(_turn(line, None))
        else:
            turns.append(_turn(line, match))
        before = line.number
    return Transcript(turns, stray, None, named, len(lines))


@lru_cache(maxsize=1024)  # few names speak most turns
def clean_name(name: str) -> tuple[str, str]:
    """Return a speaker's name without what stands around it, and the time, "" if there is none."""
    name = _INVISIBLE.sub("", name).strip()
    time = ""
    while name:
        if match := _STAMP_BEFORE.match(name):
            time, name = time or match[1], name[match.end() :]
        elif match := _STAMP_BEHIND.search(name):
            time, name = time or match[1] or match[2], name[: match.start()]
        elif match := _AROUND.fullmatch(name):
            name = next(group for group in match.groups() if group is not None)
        else:
            break
        name = name.strip()
    return name, time


def can_be_read_back(name: str) -> bool:
    """Return whether a line that begins with the name and a colon gives the same name."""
    match = _PREFIX.match(f"{name}: ")
    return match is not None and clean_name(match[1])[0] == name and match.end() == len(name) + 1


def _speakers(prefixes: list[re.Match[str] | None], strict: bool, *, again: bool = False) -> bool:
    """Return whether the names are speakers; `again` asks for one that comes again."""
    names = [clean_name(match[1])[0] for match in prefixes if match]
    unnamed = len(prefixes) - len(names)
    if not names or (strict and unnamed):
        return False
    repeated = any(count > 1 for name, count in Counter(names).items() if name)
    if not unnamed:
        return repeated or not again
    alone = unnamed == 1 and len(names) > 1 and not again
    return alone or (repeated and 2 * len(names) >= len(prefixes))


def _goes_on(line: str) -> bool:
    line = line.strip()
    return _ALOUD.search(line) is not None and not _AROUND.fullmatch(line)


def _turn(line: _Line, prefix: re.Match[str] | None) -> TranscriptTurn:
    begin = line.start + len(line.text) - len(line.text.lstrip())
    end = line.start + len(line.text.rstrip())
    if prefix is None:
        return TranscriptTurn(begin, begin, end, "", "")
    said = line.text[prefix.end() :]
    start = line.start + prefix.end() + len(said) - len(said.lstrip())
    return TranscriptTurn(begin, min(start, end), end, *clean_name(prefix[1]))
