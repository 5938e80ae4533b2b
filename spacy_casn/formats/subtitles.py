"""What WebVTT, SRT and SBV have in common: cues, with times and the lines of what is said."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from ..data.types import Turn
from .spoken import one_line, plain, seconds, spoken, without_marks

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_NAME = re.compile(
    r"(?:>>+\s*|\([^()]*\)\s*|\[[^\[\]]*\]\s*)*([^:：<>\[\]!?\n]{0,79}[^\W\d_][^:：<>\[\]!?\n]{0,79}?)\s*[:：](?=\s|$)\s*"
)
_BRACKETED = re.compile(r"\[([^\[\]\n]{0,79}[^\W\d_][^\[\]\n]{0,79})\]\s*[:：]\s*")
_DASH = re.compile(r"[-–—‐]\s?(?=\S)|>>+\s*")


class Cue(NamedTuple):
    """One cue of a file: its times as they stand there, and its text with all tags."""

    start: str
    end: str
    text: str


def read_cues(text: str, kind: str, place: str) -> list[Cue]:
    """Return the cues of a file.

    Args:
        text: All of it.
        kind: "vtt", "srt" or "sbv".
        place: What errors call the file.

    Raises:
        ValueError: the package that reads them isn't installed, or the file has no cue.
    """
    try:
        import webvtt
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{place}: subtitles need the package webvtt-py: `pip install spacy-casn[formats]`."
        ) from error
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format=kind)
    except webvtt.errors.MalformedFileError as error:
        raise ValueError(
            f"{place}: no subtitles in the format {kind}: check the first lines, or name another "
            f"format."
        ) from error
    return [Cue(one.start, one.end, "\n".join(one.lines)) for one in captions.captions]


def cue_turns(cues: Sequence[Cue]) -> list[Turn]:
    """Return the turns of all cues, in order, with `start` and `end` in seconds.

    A voice (`<v Nora>`) is the speaker. So is a name with a colon ("NORA: Hi!"), where it is in
    capitals, comes at least twice, or most cues have one. A cue whose lines begin with dashes
    holds one turn for each. Lines that roll up from one cue to the next are said once.
    """
    parts = [(cue, voice, text) for cue in _unrolled(cues) for voice, text in _parts(cue)]
    names = [match[1] for _, voice, text in parts if not voice and (match := _named(text))]
    often = Counter(names)
    usual = 2 * len(names) >= len(parts)
    turns = []
    for cue, voice, text in parts:
        match = None if voice else _named(text)
        if match and (usual or often[match[1]] > 1 or match[1].isupper()):
            voice, text = one_line(match[1]), text[match.end() :]
        turns.append(spoken(text, voice, start=seconds(cue.start), end=seconds(cue.end)))
    return turns


def _parts(cue: Cue) -> Iterator[tuple[str, str]]:
    """Give each speaker of a cue, "" if unknown, and what is said."""
    before, *voiced = _VOICE.split(without_marks(_OVERRIDE.sub("", cue.text)))
    if before.strip() or not voiced:
        for part in _by_dashes(before):
            yield "", part
    for name, part in zip(voiced[::2], voiced[1::2], strict=True):
        yield one_line(plain(name)), plain(part)


def _named(text: str) -> re.Match[str] | None:
    return _BRACKETED.match(text) or _NAME.match(text)


def _unrolled(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Give the cues without lines that stood in the cue before, where most cues begin so."""
    lines = [[line for line in plain(cue.text).splitlines() if line.strip()] for cue in cues]
    rolls = [
        bool(before) and bool(after) and before[-1] == after[0] for before, after in pairwise(lines)
    ]
    if len(cues) < 3 or 2 * sum(rolls) < len(rolls):
        yield from cues
        return
    for cue, said, rolled in zip(cues, lines, [False, *rolls], strict=True):
        if fresh := said[rolled:]:
            yield cue._replace(text="\n".join(map(escape, fresh)))


def _by_dashes(text: str) -> Iterator[str]:
    lines = [plain(line).strip() for line in text.splitlines()]
    begins = [_DASH.match(line) is not None for line in lines]
    if not any(begins[:1]):
        yield "\n".join(lines)
        return
    numbered = zip(accumulate(begins), lines, strict=True)
    for _, group in groupby(numbered, key=itemgetter(0)):
        yield _DASH.sub("", "\n".join(line for _, line in group), count=1)
