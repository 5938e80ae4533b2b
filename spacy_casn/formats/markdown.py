"""Transcripts in Markdown: "**Nora:** Hi!", or a heading for each speaker."""

import re
from collections.abc import Iterator
from itertools import pairwise

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .faults import Faults
from .sources import Source
from .spoken import one_line, seconds, spoken, without_marks

_TIME = r"(?:[\[(](?P<start>(?:\d+:)?\d{1,2}:\d{2}(?:[.,]\d+)?)[\])]\s*)?"
_BOLD = re.compile(
    rf"(?:[-*+>]\s+|\d+\.\s+)?{_TIME.replace('start', 'before')}(?P<mark>\*{{1,3}}|_{{1,3}})"
    r"(?P<name>[^\W_][^*_:：\n]{0,99}?)\s*"
    r"(?P<colon>[:：]?)\s*(?P=mark)\s*"
    rf"(?P<behind>[\[(](?P<within>(?:\d+:)?\d{{1,2}}:\d{{2}})[\])])?\s*(?P<colon2>[:：]?)\s*{_TIME}(?P<text>.*)"
)
_HEADING = re.compile(
    r"(?:#{1,6}\s+(?:\*\*)?|\*\*)(?P<name>[^\W_][^#*:：\n]{0,59}?)(?:\*\*)?\s*[:：]?(?:\*\*)?\s*#*$"
)
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_)(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)")
_RULE = re.compile(r"(?:[-*_]\s*){3,}$|```")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)")


class Markdown(TextFormat):
    """Reads Markdown in which names are bold, or headings.

    What is said goes on until the next name. Emphasis and links lose their marks. What stands
    before the first name, and headings between bold names, are left out.
    """

    name = "markdown"
    title = "Markdown transcript"
    endings = (".md", ".markdown")
    help = "Text such as `**Nora:** Hi!`, or with the names as headings."
    fields = ("start", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is: paragraphs begin with a bold name, or headings come again."""
        lines = [without_marks(line) for line in head.lines]
        kind = _kind(lines)
        names = [match["name"] for line in lines if (match := _named(line, kind))]
        again = len(names) >= 2 * len(set(names)) - 1 and len(names) > 2
        often = len(names) * (12 if again else 2) >= len(lines) and len(names) > 1
        apart = kind is _BOLD or not any(
            _named(line, kind) and _named(below, kind) for line, below in pairwise(lines)
        )
        begins = any(_named(line, kind) for line in lines[:5])
        known = begins and apart and often and (again or kind is _BOLD)
        return Match.SURE if known else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        lines = [line.strip() for line in without_marks(text).split("\n")]
        kind = _kind(lines)
        turns: list[tuple[str, str | None, list[str]]] = []
        for line in lines:
            match = _named(line, kind)
            if match is not None:
                parts = match.groupdict()
                start = parts.get("before") or parts.get("within") or parts.get("start")
                turns.append((one_line(match["name"]), start, [parts.get("text") or ""]))
            elif turns and not _RULE.match(line) and not (kind is _BOLD and line.startswith("#")):
                turns[-1][2].append(line)
        yield Dialogue.of(
            [
                spoken(_bare("\n".join(said)), name, start=seconds(start or ""))
                for name, start, said in turns
            ],
            place=source.name,
            name=source.stem,
        )


def _kind(lines: list[str]) -> re.Pattern[str]:
    bold = sum(_named(line, _BOLD) is not None for line in lines)
    headings = sum(_named(line, _HEADING) is not None for line in lines)
    return _BOLD if bold >= headings else _HEADING


def _named(line: str, kind: re.Pattern[str]) -> re.Match[str] | None:
    match = kind.match(line.strip())
    if match is None or kind is _HEADING:
        return match
    return match if match["colon"] or match["colon2"] or match["behind"] else None


def _bare(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))


MARKDOWN = Markdown()
