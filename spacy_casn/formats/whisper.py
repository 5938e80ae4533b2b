"""What Whisper and WhisperX make of speech, and whisper.cpp: JSON with segments."""

from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import spoken


class Whisper(TextFormat):
    """Reads segments; each is a turn, with the speaker where WhisperX has found one."""

    name = "whisper"
    title = "Whisper or WhisperX JSON"
    help = "JSON of Whisper, WhisperX, faster-whisper or whisper.cpp; one turn a segment."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that segments have."""
        segments = {"segments", "start", "end", "text"} <= head.keys
        cpp = {"transcription", "offsets", "text"} <= head.keys
        return Match.SURE if segments or cpp else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {"segments": value}
            language = whole.get("language") or (whole.get("result") or {}).get("language")
            turns = [_turn(one) for one in objects(whole.get("segments"))]
            turns += [_cpp_turn(one) for one in objects(whole.get("transcription"))]
            keys = {"language": language} if language else {}
            yield Dialogue.of(turns, place=place, name=source.stem, keys=keys)


def _turn(one: dict[str, Any]) -> Turn:
    text, speaker = name_of(one.get("text")), name_of(one.get("speaker"))
    return spoken(text, speaker, start=one.get("start"), end=one.get("end"))


def _cpp_turn(one: dict[str, Any]) -> Turn:
    begin, end = ((one.get("offsets") or {}).get(key) for key in ("from", "to"))
    start, stop = (None if time is None else time / 1000 for time in (begin, end))
    return spoken(name_of(one.get("text")), name_of(one.get("speaker")), start=start, end=stop)


WHISPER = Whisper()
