"""What Google's Speech-to-Text makes of speech: JSON."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import spoken

_SPEAKER = ("speakerTag", "speakerLabel", "speaker_tag", "speaker_label")
_START = ("startTime", "startOffset", "start_time", "start_offset")
_END = ("endTime", "endOffset", "end_time", "end_offset")


class Google(TextFormat):
    """Reads a result's words by their speakers; without those, each result is a turn."""

    name = "google"
    title = "Google Speech-to-Text JSON"
    help = "JSON of Google's Speech-to-Text, with or without speakers."
    fields = ("start", "end", "confidence", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that results have."""
        keys = head.keys
        known = {"results", "alternatives", "transcript"} <= keys
        others = {"channels", "transcripts"} & keys
        return Match.SURE if known and not others else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {}
            whole = whole.get("response") or whole
            found = [
                one
                for result in objects(whole.get("results"))
                for one in objects(result.get("alternatives"))[:1]
            ]
            turns = list(_by_speaker(found)) or [_turn(one) for one in found]
            yield Dialogue.of(turns, place=place, name=source.stem)


def _turn(one: dict[str, Any]) -> Turn:
    words = objects(one.get("words"))
    text, confidence = name_of(one.get("transcript")), one.get("confidence")
    return spoken(text, confidence=confidence, **_times(words))


def _by_speaker(found: list[dict[str, Any]]) -> Iterator[Turn]:
    """Give a turn for each run of words by one speaker.

    Where speakers are told apart, the last result may have all words once more: the words of
    those before have no speaker then.
    """
    words = [word for one in found for word in objects(one.get("words"))]
    for speaker, run in groupby((word for word in words if _speaker(word)), key=_speaker):
        said = list(run)
        text = " ".join(name_of(word.get("word")) for word in said)
        yield spoken(text, speaker, **_times(said))


def _speaker(word: dict[str, Any]) -> str:
    return next((name_of(word[key]) for key in _SPEAKER if word.get(key)), "")


def _times(words: list[dict[str, Any]]) -> dict[str, Any]:
    if not words:
        return {}
    return {"start": _seconds(words[0], _START), "end": _seconds(words[-1], _END)}


def _seconds(word: dict[str, Any], names: tuple[str, ...]) -> float | None:
    """Return the seconds of "1.400s"; what is left out is the beginning."""
    time = next((word[name] for name in names if name in word), "0s")
    try:
        return float(str(time).removesuffix("s"))
    except ValueError:
        return None


GOOGLE = Google()
