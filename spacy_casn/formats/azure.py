"""What Azure's Speech service makes of speech: JSON of its batch and its fast transcription."""

import re
from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import spoken

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


class Azure(TextFormat):
    """Reads recognised phrases; each is a turn, with its speaker, or else its channel."""

    name = "azure"
    title = "Azure Speech JSON"
    help = "JSON of Azure's batch or fast transcription; one turn a phrase."
    fields = ("start", "end", "confidence", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that results have."""
        return (
            Match.SURE if {"combinedRecognizedPhrases", "combinedPhrases"} & head.keys else Match.NO
        )

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {}
            phrases = objects(whole.get("recognizedPhrases") or whole.get("phrases"))
            several = len({name_of(phrase.get("channel")) for phrase in phrases}) > 1
            turns = [
                turn for turn, _ in sorted((_timed(each, several) for each in phrases), key=_start)
            ]
            yield Dialogue.of(turns, place=place, name=source.stem)


def _timed(phrase: dict[str, Any], several: bool) -> tuple[Turn, float]:
    best = next(iter(objects(phrase.get("nBest"))), phrase)
    text = name_of(best.get("display") or best.get("text"))
    speaker = name_of(phrase.get("speaker")) or name_of(phrase.get("channel") if several else None)
    start, length = (_seconds(phrase, key) for key in ("offset", "duration"))
    end = None if start is None or length is None else round(start + length, 3)
    turn = spoken(text, speaker, start=start, end=end, confidence=best.get("confidence"))
    return turn, start or 0.0


def _start(timed: tuple[Turn, float]) -> float:
    return timed[1]


def _seconds(phrase: dict[str, Any], name: str) -> float | None:
    """Return the seconds of "PT1M2.5S", or of a number of milliseconds."""
    milliseconds = phrase.get(f"{name}Milliseconds")
    if isinstance(milliseconds, (int, float)):
        return milliseconds / 1000
    match = _DURATION.fullmatch(name_of(phrase.get(name)))
    if match is None:
        return None
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return round(3600 * hours + 60 * minutes + rest, 3)


AZURE = Azure()
