"""What logs of language models have in common: messages, each with a role and a content."""

from collections.abc import Iterable
from typing import Any

from ..data.types import Dialogue, Turn
from .documents import flat_text, name_of
from .spoken import silent, spoken

_INSTRUCTIONS = ("system", "developer")
_TOOLS = ("tool", "function", "function_call", "tool_call", "observation", "tool_response")
_ROLES = ("role", "from", "sender")
_CONTENTS = ("content", "value", "text")
NAMES = ("id", "conversation_id", "custom_id", "uuid")
"""Members that may tell a conversation apart."""


def conversation(
    messages: Iterable[dict[str, Any]], *, place: str, name: str, keys: dict[str, Any] | None = None
) -> Dialogue:
    """Return the dialogue of some messages.

    Instructions to the model are no part of the conversation, and become its key `instructions`;
    what a tool says or is asked is a turn in which nothing is said.
    """
    turns, instructions = [], []
    for message in messages:
        role = next((name_of(message[key]) for key in _ROLES if message.get(key)), "")
        content = next((message[key] for key in _CONTENTS if message.get(key) is not None), "")
        if role in _INSTRUCTIONS:
            instructions.append(flat_text(content))
        else:
            turns.append(_turn(role, content, message))
    known = {"instructions": "\n".join(instructions)} if instructions else {}
    return Dialogue.of(turns, place=place, name=name, keys={**(keys or {}), **known})


def conversation_name(value: dict[str, Any], stem: str, number: int, *, alone: bool) -> str:
    """Return what a conversation is called: by its own name, or by its file and number."""
    known = next((name_of(value[key]) for key in NAMES if value.get(key)), "")
    return known or (stem if alone else f"{stem}-{number}")


def _turn(role: str, content: Any, message: dict[str, Any]) -> Turn:
    speaker = name_of(message.get("name")) or role
    text = flat_text(content)
    if role in _TOOLS:
        return silent(text, speaker)
    if text.strip():
        return spoken(text, speaker)
    kinds = [name_of(part.get("type")) for part in content if isinstance(part, dict)]
    return silent("tool call" if message.get("tool_calls") else ", ".join(kinds), speaker)
