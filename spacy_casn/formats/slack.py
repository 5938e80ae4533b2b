"""Exports of Slack channels: one JSON array of messages a day."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

from ..data.types import Dialogue, Turn
from ..storage.errors import first_line
from ..storage.strict_json import read
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import silent, spoken

_MARKUP = re.compile(r"<([@#!]?)([^<>|\n]+)(?:\|([^<>\n]*))?>")
_SYSTEM = re.compile(
    r"(?:channel|group|pinned|unpinned|bot_(?:add|remove|enable|disable)|reminder|reply)"
)


class Slack(TextFormat):
    """Reads Slack's exports, and what its interface gives for a channel.

    Mentions become names, as far as the messages or a `users.json` beside or above the file tell
    them. Who joins or leaves is left out; a file without words is a turn in which nothing is said.
    """

    name = "slack"
    title = "Slack export"
    help = "A day of a channel; names come from the messages or from `users.json` of the export."
    fields = ("time", "thread", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that messages have."""
        known = {"type", "ts", "text"} <= head.keys and head.keys & {
            "user",
            "bot_id",
            "user_profile",
        }
        return Match.SURE if known else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a file; see `TextFormat.parse`."""
        messages = [
            message
            for _, value in documents(text, source, faults)
            for message in objects(value.get("messages") if isinstance(value, dict) else value)
            if message.get("type") == "message"
            and not _SYSTEM.match(name_of(message.get("subtype")))
        ]
        messages.sort(key=_moment)
        told = {key: name for key, name in map(_user, messages) if name}
        names = {**_users(source), **told}
        yield Dialogue.of(
            [_turn(message, names) for message in messages], place=source.name, name=source.stem
        )


def _turn(message: dict[str, Any], names: dict[str, str]) -> Turn:
    def shown(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "@":
            return f"@{label or names.get(target) or target}"
        return (sign.replace("!", "@") if sign else "") + (label or target)

    thread = name_of(message.get("thread_ts")) or None
    fields = {"time": datetime.fromtimestamp(_moment(message), UTC).isoformat(), "thread": thread}
    key, own = _user(message)
    speaker = names.get(key) or own or key
    text = unescape(_MARKUP.sub(shown, message.get("text") or ""))
    if not text.strip() or message.get("subtype") == "tombstone":
        files = ", ".join(name_of(file.get("name")) for file in objects(message.get("files")))
        return silent(files or text, speaker, **fields)
    return spoken(text, speaker, **fields)


def _moment(message: dict[str, Any]) -> float:
    try:
        return float(message.get("ts") or 0)
    except (TypeError, ValueError):
        return 0.0


def _user(message: dict[str, Any]) -> tuple[str, str]:
    """Return who wrote a message: its key, and the name that the message gives, "" for none."""
    key = name_of(message.get("user") or message.get("bot_id") or message.get("username"))
    profile = message.get("user_profile") or {}
    return key, _name(profile) or name_of(message.get("username"))


def _name(profile: dict[str, Any]) -> str:
    known = (profile.get(key) for key in ("real_name", "display_name", "name"))
    return next((name_of(name) for name in known if name), "")


def _users(source: Source) -> dict[str, str]:
    """Return the names in the export's list of users; none where there is no such list."""
    folders = () if source.path is None else (source.path.parent, source.path.parent.parent)
    for path in (folder / "users.json" for folder in folders):
        if path.is_file():
            try:
                users = objects(read(path))
            except ValueError as error:
                raise ValueError(
                    f"'{path}' can't be read as JSON ({first_line(error)}): correct it, or take it "
                    f"away."
                ) from error
            return {
                name_of(user.get("id")): _name({**user, **(user.get("profile") or {})})
                for user in users
            }
    return {}


SLACK = Slack()
