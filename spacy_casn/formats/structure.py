"""Tells a plain transcript from a text that a machine wrote in a way that isn't known here."""

import re
from collections import Counter
from itertools import pairwise

from ..data.transcripts import clean_name, read_transcript
from .keys import are_keys, is_letter

SHARE = 0.6
"""Of the lines that have the same thing in common which people don't write."""
ODD = 0.45
"""Of the lines that have any of these things."""
FULL = 0.85
"""Of the width, what a line has that was broken there."""
COMMENTED = 0.25
"""Of the lines that are comments, beside settings that look like names and colons."""
WIDTH = 84
"""Characters; documents are set to no more."""
FEW = 7
"""Lines up to which names may all differ, and each line may be one word."""
SAID = 0.5
"""Of the lines, what must be more words than anything else where nobody is named."""
NAMED = 0.3
"""The same of what people with names say."""
LETTER = 8
"""Names among which an e-mail has those of its heading."""

_NAMED = re.compile(r"[^\W_][^:：\n]{0,59}[:：](?:\s|$)")
_PLAIN_NAME = re.compile(r"[^\W_][\w .'-]{0,40}:\s")
_NUMBER = re.compile(r"\d+")
_OPENING = re.compile(r"[\W\d_]+")
_SPEECH_OPENING = re.compile(r"[\"'“”‘’«»„‚¿¡…—–\-.:•()\[\]*♪\s]*\Z")
_KEY = re.compile(
    r"[\w.\-]+\s*(?:=|:=|=>|->)\s*\S|\"[^\"\n]*\"\s*:|[\w.-]+:\s*[\[{|>]"
    r"|[\w.]+\(.*\)\s*;?$|[.'\\][A-Za-z]\w*(?:\s|$|\{)|\[[\w .:-]+\]$|/[/*]|--\s"
    r"|[\w.-]+:[^:\s]*:\S*$|\"\"\"|(?:from|import|include) [\w.\"'{*]+(?:;|$| import)"
    r"|[a-z]\w+ \"[^\"]*\"$"
    r"|--?[a-z][\w-]*(?:[ =]|$)|(?=[a-f]*\d)[\da-f]{7,40}\s"
)
_END = re.compile(r"[;{}\\]$|[\])]:?$|\d:\d\d\W?$|[|>]$|\",$|/[^\s/]+\.\w{1,5}$|\(\)$")
_RUN = re.compile(
    r"(?<=\S)\s*([|;\t\\~^=#_<>]|[:|+#=~_$&]{2,}|\t)\s*|^\S+(?:\s\S+)?\s(-{1,2}>?)\s|\w\(\w*\)|\S[/\\]\S+[/\\]"
)
_KEYED = re.compile(r"\W{0,2}(.{1,80}?)\s?[:：](?=\s|$)")
_SECTION = re.compile(r"\[[\w .:-]+\]$")
_SPACE = re.compile(r"\s+|\.{2,}|[…—]|[.!?,](?=[A-Z])")
_VALUE = re.compile(
    r"on|off|(?:\S+\s)?(?:true|false|null|none|-?\d[\d.]*)|[a-z\d]+(?:[-_.][a-z\d]+)+"
)
_AROUND = ".,;:!?¿¡()\"'“”‘’«»„‚~*_-–"
_WORD = re.compile(
    r"(?:[^\W\d_]|[^\x00-\x7f]|['’])+(?:-(?:[^\W\d_]|[^\x00-\x7f]|['’])+){0,2}(?<!^[B-HJ-NP-Z])"
    r"|\[\w+\]|[@#]\w+|https?://\S+|[:;=<]\S{1,2}"
)
_COMMENTS = ("# ", '" ', "; ", "% ", "// ", "rem ", "REM ", "dnl ")
_UNENDED = (" the", " a", " an", " of")
_LETTERED = re.compile(r"[A-Z]\d?[.)]\s+\S")
_DATED = re.compile(
    r"(?:[^\W\d]{2,9}\.?,?\s)?(?:[^\W\d]{3,9}\.?\s\d{1,2},?\s\d{4}|\d{1,4}[-/.]\d\d?[-/.]\d{1,4})"
    r",?\s+(?:at\s)?\d\d?:\d\d"
)
_HEADING = re.compile(r"#{1,6}\s|\.\.\s(?:_|\w+:|[\w-]+::)|```")
_RULE = re.compile(r"([=~^*\-#\"'`+])\1{2,}$")
_NOTICE = re.compile(
    r"copyright\b.*\d{4}|(?:the\s)?\(?(?:the\s)?[\w-]+(?:\s\d-clause)?\slicen[cs]e\b[^.!?]{0,12}$"
    r"|this (?:package|license|licence|file) (?:was|is) |permission is hereby granted"
    r"|all rights reserved",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?:^|\s)(?!https?:)(?=\S*\w)[^\s.…\-—]{30,}(?:\s|$)")


def machine_made(lines: list[str], text: str) -> str:
    """Return what most lines have in common that people don't write, "" if there is nothing.

    Looked at are how lines begin and end, what parts them, how deep they stand, and whether each
    has a key of its own, as settings do, or is one word, as in lists.

    Args:
        lines: Those that aren't empty, without white space around.
        text: The same with white space.
    """
    if not lines:
        return ""
    if what := _in_common(lines, text):
        return what
    comments = [line.startswith(_COMMENTS) for line in lines]
    # The first line may be a title.
    few = 1 if len(lines) <= FEW else 2
    if sum(comments[1:]) >= max(few, COMMENTED * len(lines)):
        return "lines are comments"
    turns = read_transcript(text).turns
    named = [turn.speaker for turn in turns if turn.speaker] or [
        clean_name(match[1])[0] for line in lines if (match := _KEYED.match(line))
    ]
    if 2 * len(named) >= len(lines) and are_keys(named):
        return "it has keys and values"
    if is_letter(named[:LETTER]):
        return "it begins as an e-mail"
    if any(turn.speaker for turn in turns):
        said = [text[turn.start : turn.end] for turn in turns if turn.end > turn.start]
        return _no_words(said, NAMED)
    return (
        _document(lines) or _names_apart(lines) or _no_words(lines, SAID) or _one_beginning(lines)
    )


def _in_common(lines: list[str], text: str) -> str:
    needed = max(2, SHARE * len(lines))
    for what, count in _likely(lines):
        if count >= needed:
            return what
    if sum(map(_is_odd, lines)) >= max(min(2, len(lines)), ODD * len(lines)):
        return "lines look like code or settings"
    raw = [line for line in text.split("\n") if line.strip()]
    if sum(line[:1] in " \t" for line in raw) >= max(2, 0.3 * len(raw)):
        return "lines are set in"
    if len(lines) > FEW:
        names = [match[0] for line in lines if (match := _NAMED.match(line))]
        if len(names) >= 0.8 * len(lines) and len(set(names)) == len(names):
            return "each line has a key of its own"
        alone = sum(line.isalnum() for line in lines)
        if alone >= 0.9 * len(lines) or alone >= max(20, 0.7 * len(lines)):
            return "each line is one word"
    return ""


def _document(lines: list[str]) -> str:
    """Return the mark of a page that is read and not said, "" where there is none.

    Talk has no headings, rules below a line, comments or notices of whose it is, and isn't set
    to a width. Where there are speakers none of these counts: transcripts have titles.
    """
    if sum(map(_is_ruled, lines, lines[1:])) or _RULE.match(lines[0]):
        return "it has rules, as headings of documents do"
    if all(line.startswith(_COMMENTS) for line in lines[:2]):
        return "it begins with comments"
    if _HEADING.match(lines[0]) or sum(map(_is_heading, lines)) >= max(2, 0.1 * len(lines)):
        return "it has headings or comments"
    if _SECTION.match(lines[0]) and sum(map(_is_section, lines)) >= 0.25 * len(lines) > 1:
        return "it has sections, as settings do"
    if any(map(_NOTICE.match, lines)):
        return "it has a notice of whose it is"
    width = max(map(len, lines))
    full = [len(line) >= FULL * width for line in lines]
    broken = sum(map(_is_broken, lines, lines[1:], full))
    begun = sum(not line[:1].islower() for line in lines)
    if (
        broken >= max(1 if len(lines) <= FEW else 2, 0.2 * len(lines))
        and 10 * begun >= len(lines)
        and width <= WIDTH
    ):
        return "lines break within sentences"
    return ""


def _names_apart(lines: list[str]) -> str:
    """Return how a text names who speaks that can't be read: by letters, dates or lines alone."""
    if sum(_LETTERED.match(line) is not None for line in lines) >= max(2, SHARE * len(lines)):
        return "lines begin with a letter and a point"
    if sum(_DATED.match(line) is not None for line in lines) >= max(2, 0.2 * len(lines)):
        return "lines are dates"
    again = {line for line, count in Counter(lines).items() if count > 1 and len(line) <= 40}
    followed = [after not in again for line, after in pairwise(lines) if line in again]
    if (
        len(again) > 1
        and lines[0] in again
        and len(followed) >= 0.35 * len(lines)
        and all(followed)
    ):
        return "names stand on lines of their own"
    return ""


def _no_words(lines: list[str], needed: float) -> str:
    """Return what tells that too few lines are sentences, "" where they may be."""
    if sum(map(_is_said, lines)) <= needed * len(lines):
        return "lines are numbers, paths or names more than words"
    return ""


def _one_beginning(lines: list[str]) -> str:
    """Return what tells that most lines begin with one word, as commands do; sentences with I."""
    (first, count), *_ = Counter(line.split()[0] for line in lines).most_common(1)
    if len(lines) > FEW and count >= SHARE * len(lines) and first != "I":
        return f"lines begin as '{first}'"
    return ""


def _is_said(line: str) -> bool:
    """Return whether most of what spaces part is words."""
    if _VALUE.fullmatch(line):
        return False
    parts = [bare for part in _SPACE.split(line) if (bare := part.strip(_AROUND))]
    return 2 * sum(_WORD.fullmatch(part) is not None for part in parts) > len(parts) or not parts


def _is_ruled(line: str, following: str) -> bool:
    """Return whether a heading is underlined, from its first letter to its last."""
    return bool(_RULE.match(following)) and len(following) >= len(line) > 2


def _is_section(line: str) -> bool:
    return _SECTION.match(line) is not None


def _is_heading(line: str) -> bool:
    return _HEADING.match(line) is not None


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


def _is_broken(line: str, following: str, full: bool) -> bool:
    """Return whether a sentence goes on in the next line, as in text set to a width."""
    goes_on = (full and len(line) > 55 and line[-1:].isalnum()) or line.endswith(_UNENDED)
    return goes_on and following[:1].islower()


def _is_odd(line: str) -> bool:
    tests = (_KEY.match, _END.search, _LONG.search)
    return (
        any(test(line) for test in tests) or _opening(line) not in ("", "0") or bool(_parts(line))
    )


def _opening(line: str) -> str:
    """Return the signs and numbers before the first letter, "" where a sentence may begin so."""
    match = _OPENING.match(line)
    if match is None or line.startswith("<3") or len(line) <= 3 or _SPEECH_OPENING.match(match[0]):
        return ""
    return _NUMBER.sub("0", match[0]).strip()


def _parts(line: str) -> set[str]:
    """Return the signs that part a line's beginning, a plain name before a colon aside."""
    if name := _PLAIN_NAME.match(line):
        line = line[name.end() :]
    return {
        (match[1] or match[2] or match[0]).strip() or "\\t" for match in _RUN.finditer(line[:80])
    }
