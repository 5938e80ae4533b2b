"""The chats that ChatGPT and Claude export: `conversations.json`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..data.types import Dialogue
from .base import Head, Match, TextFormat
from .documents import documents, objects
from .faults import Faults
from .roles import conversation, conversation_name
from .sources import Source


class ChatGpt(TextFormat):
    """Reads `conversations.json`: of what was said anew, only what stood last."""

    name = "chatgpt"
    title = "ChatGPT or Claude export"
    help = "The `conversations.json` of an account's export."
    fields = ("note",)

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that conversations have."""
        chatgpt = {"mapping", "message", "parent"} <= head.keys
        return Match.SURE if chatgpt or {"chat_messages", "sender"} <= head.keys else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each conversation; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            chats = objects(value if isinstance(value, list) else [value])
            for number, chat in enumerate(chats, 1):
                name = conversation_name(chat, source.stem, number, alone=len(chats) == 1)
                title = chat.get("title") or chat.get("name")
                keys = {
                    key: what for key, what in (("title", title), ("time", _time(chat))) if what
                }
                messages = objects(chat.get("chat_messages")) or _branch(chat)
                yield conversation(messages, place=place, name=name, keys=keys)


def _branch(chat: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the messages from the last one up to the first, the other way round."""
    nodes: dict[str, dict[str, Any]] = chat.get("mapping") or {}
    key = chat.get("current_node") or next(reversed(nodes), None)
    messages: list[dict[str, Any]] = []
    while (node := nodes.pop(key, None) if key else None) is not None:
        message = node.get("message")
        if message and not (message.get("metadata") or {}).get(
            "is_visually_hidden_from_conversation"
        ):
            role = (message.get("author") or {}).get("role")
            parts = (message.get("content") or {}).get("parts") or []
            if role != "system" or any(parts):
                messages.append({"role": role, "content": parts})
        key = node.get("parent")
    return messages[::-1]


def _time(chat: dict[str, Any]) -> str | None:
    created = chat.get("create_time")
    if isinstance(created, (int, float)):
        return datetime.fromtimestamp(created, UTC).isoformat()
    return chat.get("created_at")


CHATGPT = ChatGpt()
