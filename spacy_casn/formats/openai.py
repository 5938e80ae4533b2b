"""Chats as OpenAI's interfaces take them: `{"messages": [{"role": ..., "content": ...}]}`."""

from collections.abc import Iterator

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .documents import documents, objects
from .faults import Faults
from .roles import conversation, conversation_name
from .sources import Source


class OpenAi(TextFormat):
    """Reads JSON or JSON lines of chats with roles; each list of messages is a dialogue."""

    name = "openai"
    title = "OpenAI chat"
    help = 'JSON or JSON lines with `{"messages": [{"role": ..., "content": ...}]}`.'
    fields = ("note",)

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that messages have."""
        known = {"role", "content"} <= head.keys and "mapping" not in head.keys
        return Match.SURE if known and "conversations" not in head.keys else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each list of messages; see `TextFormat.parse`."""
        found = []
        for place, value in documents(text, source, faults):
            values = value if isinstance(value, list) else [value]
            if objects(values) and "role" in values[0]:
                values = [{"messages": values}]
            found += [
                (place, {"messages": one} if isinstance(one, list) else one) for one in values
            ]
        for number, (place, one) in enumerate(found, 1):
            messages = one.get("messages") if isinstance(one, dict) else None
            if not isinstance(messages, list):
                problem = f'{place}: no chat: write it as {{"messages": [{{"role": ...}}, ...]}}.'
                faults.add(ValueError(problem), one)
                continue
            name = conversation_name(one, source.stem, number, alone=len(found) == 1)
            yield conversation(objects(messages), place=place, name=name)


OPENAI = OpenAi()
