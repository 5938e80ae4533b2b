"""Exports of Telegram Desktop as JSON: one chat, or all of them."""

from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, flat_text, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken

_MEDIA = (
    "media_type",
    "sticker_emoji",
    "photo",
    "file",
    "location_information",
    "poll",
    "contact_information",
)


class Telegram(TextFormat):
    """Reads Telegram's `result.json`; each chat is a dialogue.

    Who joins or calls is left out; a picture without words is a turn in which nothing is said.
    """

    name = "telegram"
    title = "Telegram export"
    help = "The `result.json` that Telegram Desktop exports, of one chat or of all."
    fields = ("time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that messages have."""
        known = {"messages", "from", "text", "date"} <= head.keys
        return Match.SURE if known and "from_id" in head.keys | {"from_id"} else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each chat; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {}
            chats = objects((whole.get("chats") or {}).get("list")) or [whole]
            for number, chat in enumerate(chats, 1):
                name = source.stem if len(chats) == 1 else f"{source.stem}-{number}"
                messages = objects(chat.get("messages"))
                turns = [_turn(message) for message in messages if message.get("type") != "service"]
                keys = {"chat": chat["name"]} if chat.get("name") else {}
                yield Dialogue.of(turns, place=place, name=name, keys=keys)


def _turn(message: dict[str, Any]) -> Turn:
    speaker = name_of(message.get("from")) or name_of(message.get("from_id"))
    text, time = flat_text(message.get("text")), message.get("date")
    media = next((name_of(message[key]) or key for key in _MEDIA if key in message), None)
    if not text.strip():
        return silent(media or "", speaker, time=time)
    return spoken(text, speaker, time=time, note=media)


TELEGRAM = Telegram()
