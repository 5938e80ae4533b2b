"""ShareGPT's chats: `{"conversations": [{"from": "human", "value": ...}]}`."""

from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .documents import documents, objects
from .faults import Faults
from .roles import conversation, conversation_name
from .sources import Source

_LISTS = ("conversations", "conversation", "items")


class ShareGpt(TextFormat):
    """Reads ShareGPT's JSON or JSON lines; each conversation is a dialogue."""

    name = "sharegpt"
    title = "ShareGPT chat"
    help = 'JSON or JSON lines with `{"conversations": [{"from": "human", "value": ...}]}`.'
    fields = ("note",)

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that messages have."""
        messages = {"from", "value"} <= head.keys or {"role", "content"} <= head.keys
        known = messages and head.keys & set(_LISTS) and "messages" not in head.keys
        return Match.SURE if known else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each conversation; see `TextFormat.parse`."""
        found = [
            (place, one)
            for place, value in documents(text, source, faults)
            for one in (value if isinstance(value, list) else [value])
        ]
        for number, (place, one) in enumerate(found, 1):
            keys = [
                key for key in _LISTS if isinstance(one, dict) and isinstance(one.get(key), list)
            ]
            if not keys:
                problem = (
                    f'{place}: no chat: write it as {{"conversations": [{{"from": ...}}, ...]}}.'
                )
                faults.add(ValueError(problem), one)
                continue
            name = conversation_name(one, source.stem, number, alone=len(found) == 1)
            yield conversation(objects(one[keys[0]]), place=place, name=name)


SHAREGPT = ShareGpt()
