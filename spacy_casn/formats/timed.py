"""Transcripts with a time beside each name, as Otter, Rev and Descript write them."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .faults import Faults
from .keys import are_keys, are_logged
from .sources import Source
from .spoken import one_line, seconds, share, spoken, without_marks
from .whatsapp import WHATSAPP

_CLOCK = r"(?:\d+:)?\d{1,2}:\d{2}(?:[.,]\d+)?"
_TIME = (
    r"[\[(]?\s?(?:(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}),?(?:T|\s+))?"
    rf"(?P<start>{_CLOCK})(?:\s?(?P<half>[AaPp]\.?[Mm])\b\.?)?"
    rf"(?:\s*(?:[-–—]+>?|to)\s*(?P<end>{_CLOCK}))?\s?[\])]?"
)
_NAME = r"(?P<name>(?!\d+[-/.:])[^\W_][^:：\[\]<>|\n]{0,99}?)"
_BARE = re.compile(rf"[\[(]?(?P<start>{_CLOCK})(?:\s?(?P<half>[AaPp][Mm]))?[\])]?$")
_KINDS = (
    # "Nora (0:03): Hi!" and "Nora: [0:03] Hi!"
    re.compile(rf"{_NAME}\s*[,|–—-]?\s*{_TIME}\s*[:：](?:\s+|$)(?P<text>.*)"),
    re.compile(rf"{_NAME}[:：](?:\s+|(?=[\[(])){_TIME}(?:\s+|$)(?P<text>.*)"),
    # "[0:03] Nora: Hi!"
    re.compile(rf"{_TIME}\s*(?::\s|[|–—-])?\s*(?!From\s){_NAME}[:：](?:\s+|$)(?P<text>.*)"),
    # "Nora  0:03", and what is said below
    re.compile(rf"{_NAME}\s*(?:[,|@–—-]\s*|\s){_TIME}$"),
    re.compile(rf"{_TIME}\s*(?:[|–—-]\s*|\s){_NAME}$"),
    _BARE,
    # "[0:03] Hi!", without a name or with one on some lines
    re.compile(rf"(?=[\[(]){_TIME}\s+(?P<text>[^\s<*].*)"),
)
_BEGINS = re.compile(rf"\W{{0,3}}{_CLOCK}")
_FOOTER = re.compile(
    r"(?:transcribed|transcript (?:provided|generated|ended)|exported) (?:by|with|from|at|after)\b",
    re.I,
)
_PLAIN = re.compile(r"(?P<name>[^\W_][^:：\n]{0,59})[:：]\s+(?P<text>.*)")
_OF_DAY = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?")
LATE = 6
"""Minutes behind which no recording's transcript begins: what looks so is an hour."""
_DATE = re.compile(r"[^\W\d]{3,9}\.?\s\d{1,2},?\s\d{4},?")
_SENTENCE = re.compile(r"[.!?…,;]$")


class _Line(NamedTuple):
    """A line with a time: `text` is None where what is said stands below."""

    name: str
    start: str
    end: str | None
    text: str | None


class Timed(TextFormat):
    """Reads transcripts with a time before or behind each name.

    What is said stands behind it or below, and goes on until the next. What stands before the
    first time, and a last line of who made it, is left out.
    """

    name = "timed"
    title = "transcript with times"
    help = (
        "Text of Otter, Rev, Descript and the like: `Nora (0:03): Hi!`, `[0:03] Nora: Hi!`, or "
        "name and time on a line of their own."
    )
    fields = ("start", "end", "time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: times come again and again in one place, and text with them."""
        if WHATSAPP.recognise(head) is Match.SURE:
            return Match.NO
        lines = [without_marks(line).strip() for line in head.lines]
        kind = _kind(lines)
        found = [_timed(line, kind) for line in lines]
        timed = [line for line in found if line is not None]
        begins = any(line is not None for line in found[:8])
        if not begins or len(timed) * 12 < len(lines):
            return Match.NEAR if share(lines, _BEGINS) >= 0.5 else Match.NO
        below = [
            following is None
            for line, following in pairwise([*found, None])
            if line is not None and line.text is None
        ]
        names = {line.name for line in timed}
        regular = sum(below) >= 0.9 * len(below) and len(names) <= len(timed) / 2 + 1
        # A turn that ends in a time is none's beginning.
        often = (
            found[0] is not None
            if len(timed) == 1
            else len(names) < len(timed) or len(lines) <= 4 * len(timed)
        )
        logged = are_logged([line.name or line.text or "" for line in timed])
        machine = logged or are_keys([line.name for line in timed if line.name])
        return Match.SURE if regular and often and not machine else Match.NEAR

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        turns: list[tuple[_Line, list[str]]] = []
        lines = [line.strip() for line in without_marks(text).split("\n")]
        kind = _kind(lines)
        for line in lines:
            timed = _timed(line, kind)
            if timed is not None:
                turns.append((timed, [timed.text or ""]))
            elif turns and not _FOOTER.match(line):
                turns[-1][1].append(line)
        if kind is _BARE:
            turns = list(_spread(turns))
        clock = _is_clock([timed.start for timed, _ in turns])
        yield Dialogue.of(
            [_turn(timed, lines, clock) for timed, lines in turns],
            place=source.name,
            name=source.stem,
        )


def _kind(lines: list[str]) -> re.Pattern[str]:
    """Return in which of the ways most lines with a time are written: a file has but one."""
    counts = {kind: sum(_timed(line, kind) is not None for line in lines) for kind in _KINDS}
    return max(counts, key=counts.__getitem__)


def _timed(line: str, kind: re.Pattern[str]) -> _Line | None:
    match = kind.match(line)
    if match is None:
        return None
    parts = match.groupdict()
    name, text = one_line(parts.get("name") or ""), parts.get("text")
    if "name" in parts and not any(map(str.isalpha, name)):
        return None
    if name.count(",") > 1 or _DATE.fullmatch(name):  # the cells of a table's row, or a date
        return None
    if text is None and _SENTENCE.search(name):
        return None
    clock = " ".join(filter(None, (parts.get("date"), parts["start"], parts["half"])))
    return _Line(name, clock, parts.get("end"), text)


def _spread(blocks: list[tuple[_Line, list[str]]]) -> Iterator[tuple[_Line, list[str]]]:
    """Give the turns below times that stand alone: there the names are, or several speak."""
    said = [[line for line in lines if line] for _, lines in blocks]
    plain = Counter(
        match["name"] for lines in said for line in lines if (match := _PLAIN.match(line))
    )
    names = Counter(lines[0] for lines in said if len(lines) > 1)
    all_named = all(_PLAIN.match(line) for lines in said for line in lines[:1])
    again = len(names) <= len(blocks) / 2 + 1 and names.total() == len(blocks) > len(names)
    for (timed, _), lines in zip(blocks, said, strict=True):
        if again and not plain:
            yield timed._replace(name=lines[0]), lines[1:]
            continue
        found = map(_PLAIN.match, lines)
        begins = [match is not None and (all_named or plain[match["name"]] > 1) for match in found]
        for _, group in groupby(zip(accumulate(begins), lines, strict=True), key=itemgetter(0)):
            yield timed, [line for _, line in group]


def _is_clock(times: list[str]) -> bool:
    """Return whether times such as "19:02" are of the day: a recording begins near 0:00."""
    found = [_OF_DAY.fullmatch(time) for time in times]
    first = found[0] if found else None
    return first is not None and int(first[1]) >= LATE and all(found)


def _turn(timed: _Line, lines: list[str], clock: bool) -> Turn:
    text = "\n".join(lines).strip()
    name = timed.name
    if not name and (match := _PLAIN.match(text)):
        name, text = match["name"], text[match.start("text") :]
    start = None if clock else seconds(timed.start)
    time = timed.start if start is None else None
    return spoken(text, name, start=start, end=seconds(timed.end or ""), time=time)


TIMED = Timed()
