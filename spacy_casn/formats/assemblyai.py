"""What the services AssemblyAI, Deepgram and Amazon Transcribe make of speech: JSON."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import spoken

_SPEECH = ("text", "transcript")


class AssemblyAi(TextFormat):
    """Reads utterances with their speakers; without them, all that was said is one turn."""

    name = "assemblyai"
    title = "AssemblyAI, Deepgram or Amazon Transcribe JSON"
    help = "JSON of AssemblyAI, of Deepgram with utterances, or of Amazon Transcribe."
    fields = ("start", "end", "confidence", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that results have."""
        keys = head.keys
        assembly = {"utterances", "text"} <= keys and keys & {"audio_url", "start"}
        deepgram = {"results", "channels", "transcript"} <= keys
        amazon = {"results", "transcripts", "transcript"} <= keys
        return Match.SURE if assembly or deepgram or amazon else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {"utterances": value}
            results = whole.get("results") or {}
            parts = objects(whole.get("utterances") or results.get("utterances"))
            if parts:
                scale = 1 if results else 1000
                turns = [_turn(part, scale) for part in parts]
            elif results.get("audio_segments"):
                turns = [_turn(part, 1) for part in objects(results["audio_segments"])]
            else:
                turns = list(_by_speaker(results)) or [spoken(_all(whole))]
            yield Dialogue.of(turns, place=place, name=source.stem)


def _turn(part: dict[str, Any], scale: int) -> Turn:
    text = next((name_of(part[key]) for key in _SPEECH if part.get(key)), "")
    speaker = name_of(part.get("speaker", part.get("speaker_label")))
    start, end = (
        _seconds(part.get(key, part.get(f"{key}_time")), scale) for key in ("start", "end")
    )
    return spoken(text, speaker, start=start, end=end, confidence=part.get("confidence"))


def _by_speaker(results: dict[str, Any]) -> Iterator[Turn]:
    """Give a turn for each run of Deepgram's words by one speaker; none where nobody is told."""
    for channel in objects(results.get("channels")):
        for alternative in objects(channel.get("alternatives"))[:1]:
            words = [word for word in objects(alternative.get("words")) if "speaker" in word]
            for speaker, run in groupby(words, key=itemgetter("speaker")):
                spoken_words = list(run)
                text = " ".join(
                    name_of(word.get("punctuated_word", word.get("word"))) for word in spoken_words
                )
                start = _seconds(spoken_words[0].get("start"), 1)
                end = _seconds(spoken_words[-1].get("end"), 1)
                yield spoken(text, name_of(speaker), start=start, end=end)


def _seconds(time: Any, scale: int) -> float | None:
    try:
        return float(time) / scale
    except (TypeError, ValueError):
        return None


def _all(whole: dict[str, Any]) -> str:
    """Return all that was said, where nobody parted it."""
    results = whole.get("results") or {}
    found = [whole, *objects(results.get("transcripts"))]
    for channel in objects(results.get("channels")):
        found += objects(channel.get("alternatives"))[:1]
    return " ".join(name_of(one[key]) for one in found for key in _SPEECH if one.get(key))


ASSEMBLYAI = AssemblyAi()
