"""Tells a plain transcript from a text that a machine wrote in a way that isn't known here."""

import re
from collections import Counter

SHARE = 0.6
"""Of the lines that have the same thing in common which people don't write."""
ODD = 0.45
"""Of the lines that have any of these things."""
FEW = 7
"""Lines up to which names may all differ, and each line may be one word."""

_NAMED = re.compile(r"[^\W_][^:：\n]{0,59}[:：](?:\s|$)")
_NUMBER = re.compile(r"\d+")
_OPENING = re.compile(r"[\W\d_]+")
_SPEECH_OPENING = re.compile(r"[\"'“”‘’«»„‚¿¡…—–\-.•()\[\]*♪\s]*\Z")
_KEY = re.compile(
    r"[\w.\-]+\s*(?:=|:=|=>|->)\s*\S|\"[^\"\n]*\"\s*:|[\w.-]+:\s*[\[{|>]"
    r"|[\w.]+\(.*\)\s*;?$|[.'\\][A-Za-z]\w*(?:\s|$|\{)|\[[\w .:-]+\]$|/[/*]|--\s"
)
_END = re.compile(r"[;{}\\]$|[\])]:?$|\d:\d\d\W?$|[|>]$|\",$")
_RUN = re.compile(
    r"(?<=\S)\s*([|;\t\\~^=#_<>]|[:|*+#=~_$&]{2,}|\s-{1,2}>?\s|\t)\s*|\w\(\w*\)|\S[/\\]\S+[/\\]"
)
_LONG = re.compile(r"(?:^|\s)(?!https?:)[^\s.…\-—]{30,}(?:\s|$)")


def machine_made(lines: list[str], text: str) -> str:
    """Return what most lines have in common that people don't write, "" if there is nothing.

    Looked at are how lines begin and end, what parts them, how deep they stand, and whether each
    has a key of its own, as settings do, or is one word, as in lists.

    Args:
        lines: Those that aren't empty, without white space around.
        text: The same with white space.
    """
    needed = max(2, SHARE * len(lines))
    for what, count in _likely(lines):
        if count >= needed:
            return what
    if sum(map(_is_odd, lines)) >= max(2, ODD * len(lines)):
        return "lines look like code or settings"
    raw = [line for line in text.split("\n") if line.strip()]
    if sum(line[:1] in " \t" for line in raw) >= max(2, 0.3 * len(raw)):
        return "lines are set in"
    if sum(map(_is_broken, lines, lines[1:])) >= max(2, 0.4 * len(lines)):
        return "lines break within sentences"
    if len(lines) > FEW:
        names = [match[0] for line in lines if (match := _NAMED.match(line))]
        if len(names) >= 0.8 * len(lines) and len(set(names)) == len(names):
            return "each line has a key of its own"
        if sum(line.isalnum() for line in lines) >= 0.9 * len(lines):
            return "each line is one word"
    return ""


def _likely(lines: list[str]) -> list[tuple[str, int]]:
    """Return what some lines have in common, with their number."""
    openings = Counter(shape for line in lines if (shape := _opening(line)))
    endings = Counter(_NUMBER.sub("0", end[0]) for line in lines if (end := _END.search(line)))
    parts = Counter(part for line in lines for part in _parts(line))
    return [
        *((f"lines begin as '{shape}'", count) for shape, count in openings.most_common(1)),
        *((f"lines end in '{shape}'", count) for shape, count in endings.most_common(1)),
        *((f"lines are parted by '{part}'", count) for part, count in parts.most_common(1)),
    ]


def _is_broken(line: str, following: str) -> bool:
    """Return whether a sentence goes on in the next line, as in text set to a width."""
    return len(line) > 55 and line[-1:].isalpha() and following[:1].islower()


def _is_odd(line: str) -> bool:
    tests = (_KEY.match, _END.search, _LONG.search, _opening)
    return any(test(line) for test in tests) or bool(_parts(line))


def _opening(line: str) -> str:
    """Return the signs and numbers before the first letter, "" where a sentence may begin so."""
    match = _OPENING.match(line)
    if match is None or line.startswith("<3") or _SPEECH_OPENING.match(match[0]):
        return ""
    return _NUMBER.sub("0", match[0]).strip()


def _parts(line: str) -> set[str]:
    """Return the signs that part a line's beginning."""
    return {(match[1] or match[0]).strip() or "\\t" for match in _RUN.finditer(line[:80])}
