"""What Messenger and Instagram export of a chat as JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken

_SENDER = ("sender_name", "senderName")
_TIME = ("timestamp_ms", "timestamp")
_SAID = ("content", "text")
_MEDIA = (
    "photos",
    "videos",
    "audio_files",
    "gifs",
    "files",
    "sticker",
    "share",
    "call_duration",
    "media",
)


class Messenger(TextFormat):
    """Reads a chat's `message_1.json`, the oldest message first.

    Letters that the export has taken apart into bytes are put together again. A picture, a call
    or a message that was taken back is a turn in which nothing is said.
    """

    name = "messenger"
    title = "Messenger or Instagram export"
    help = "The `message_1.json` of a chat, from a download of one's data as JSON."
    fields = ("time", "note", "reactions")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that chats and messages have."""
        known = {"participants", "messages"} <= head.keys
        named = {"sender_name", "timestamp_ms"} <= head.keys or {"senderName"} <= head.keys
        return Match.SURE if known and named else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            chat = value if isinstance(value, dict) else {}
            messages = objects(chat.get("messages"))
            messages.reverse()
            messages.sort(key=_milliseconds)
            title = _whole(name_of(chat.get("title") or chat.get("threadName")))
            keys = {"chat": title} if title else {}
            yield Dialogue.of(map(_turn, messages), place=place, name=source.stem, keys=keys)


def _turn(message: dict[str, Any]) -> Turn:
    speaker, said = _whole(name_of(_first(message, _SENDER))), name_of(_first(message, _SAID))
    milliseconds = _milliseconds(message)
    time = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat() if milliseconds else None
    reactions = [_whole(name_of(one.get("reaction"))) for one in objects(message.get("reactions"))]
    more = {"time": time, "reactions": ", ".join(reactions) or None}
    media = next((key for key in _MEDIA if message.get(key)), None)
    if message.get("is_unsent") or message.get("isUnsent"):
        return silent("message unsent", speaker, **more)
    if not said or message.get("call_duration") is not None:
        return silent(media or _whole(said), speaker, **more)
    return spoken(_whole(said), speaker, note=media, **more)


def _first(message: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((message[name] for name in names if name in message), None)


def _milliseconds(message: dict[str, Any]) -> float:
    """Return when a message was sent, since 1970; 0 where that isn't known."""
    time = _first(message, _TIME)
    return time if isinstance(time, (int, float)) else 0


def _whole(text: str) -> str:
    """Return a text whose letters stand there as the bytes of UTF-8, with the letters."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


MESSENGER = Messenger()
