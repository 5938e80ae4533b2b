"""Discord channels as DiscordChatExporter writes them: JSON or plain text."""

import re
from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken

_MESSAGE = re.compile(
    r"\[(?P<time>[^\[\]\n]*\d{1,2}:\d{2}[^\[\]\n]*)\] (?P<name>[^\n]+?)(?: \(pinned\))?$"
)
_BLOCK = re.compile(r"\{(?:Attachments|Embed|Reactions|Stickers|Forwarded Message)\}$")
_RULE = re.compile(r"={20,}$")
_SPEECH = ("", "Default", "Reply", "0", "19")


class Discord(TextFormat):
    """Reads exports of DiscordChatExporter; each file is a dialogue.

    Who joins, calls or pins is left out; a picture without words is a turn in which nothing is
    said.
    """

    name = "discord"
    title = "Discord export"
    help = "A channel as DiscordChatExporter writes it: JSON or plain text."
    fields = ("time", "note", "reactions")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the members of JSON, the header or the first lines."""
        json = {"messages", "author", "content", "timestamp"} <= head.keys and {
            "guild",
            "channel",
        } & head.keys
        lines = "\n".join(head.lines[:2])
        plain = _RULE.match(lines.partition("\n")[0]) and "\nGuild: " in lines
        return Match.SURE if json or plain else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        if text.lstrip().startswith(("{", "[")):
            for place, value in documents(text, source, faults):
                messages = objects(value.get("messages") if isinstance(value, dict) else value)
                turns = [_turn(one) for one in messages if name_of(one.get("type")) in _SPEECH]
                yield Dialogue.of(turns, place=place, name=source.stem)
        else:
            turns = list(_blocks(text))
            yield Dialogue.of(turns, place=source.name, name=source.stem)


def _turn(message: dict[str, Any]) -> Turn:
    author = message.get("author") or {}
    speaker = name_of(author.get("nickname")) or name_of(author.get("name"))
    attached = [
        name_of(one.get("fileName") or one.get("url"))
        for one in objects(message.get("attachments"))
    ]
    stickers = [name_of(one.get("name")) for one in objects(message.get("stickers"))]
    return _said(
        message.get("content") or "",
        speaker,
        time=message.get("timestamp"),
        note=", ".join(attached + stickers) or None,
        reactions=", ".join(
            f"{name_of((one.get('emoji') or {}).get('name'))} ({one.get('count')})"
            for one in objects(message.get("reactions"))
        )
        or None,
    )


def _blocks(text: str) -> Iterator[Turn]:
    messages: list[tuple[re.Match[str], list[str], list[str]]] = []
    for line in text.split("\n"):
        match = _MESSAGE.match(line)
        if match is not None:
            messages.append((match, [], []))
            lines = messages[-1][1]
        elif messages and _BLOCK.match(line):
            lines = messages[-1][2]
        elif messages and _RULE.match(line):
            break
        elif messages:
            lines.append(line)
    for match, said, more in messages:
        note = " ".join(more).strip() or None
        yield _said("\n".join(said), match["name"], time=match["time"], note=note, reactions=None)


def _said(
    text: str, speaker: str, *, time: str | None, note: str | None, reactions: str | None
) -> Turn:
    if not text.strip():
        return silent(note or "", speaker, time=time, reactions=reactions)
    return spoken(text, speaker, time=time, note=note, reactions=reactions)


DISCORD = Discord()
