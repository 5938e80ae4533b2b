"""ConvoKit corpora: `utterances.jsonl`, one utterance a line."""

from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from ..storage.strict_json import dumps
from .base import Head, Match, TextFormat
from .documents import documents, name_of
from .faults import Faults
from .sources import Source
from .spoken import spoken

_CONVERSATION = ("conversation_id", "root")


class ConvoKit(TextFormat):
    """Reads the utterances of a ConvoKit corpus; each conversation is a dialogue.

    Utterances of a conversation may lie apart; a file is held in memory as a whole.
    """

    name = "convokit"
    title = "ConvoKit utterances"
    help = "The `utterances.jsonl` of a ConvoKit corpus."
    fields = ("id", "reply_to", "timestamp", "meta", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that utterances have."""
        keys = head.keys
        known = (
            {"id", "text"} <= keys
            and keys & {"reply-to", "reply_to"}
            and keys & {"speaker", "user"}
        )
        return Match.SURE if known and keys & set(_CONVERSATION) else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return a dialogue for each conversation, in the order of their first utterances."""
        places: dict[str, str] = {}
        turns: dict[str, list[Turn]] = {}
        for place, value in documents(text, source, faults):
            for one in value if isinstance(value, list) else [value]:
                try:
                    key, turn = _utterance(one, place)
                except ValueError as error:
                    faults.add(error, one)
                    continue
                places.setdefault(key, place)
                turns.setdefault(key, []).append(turn)
        for key, place in places.items():
            yield Dialogue.of(turns[key], place=place, name=key)


def _utterance(one: Any, place: str) -> tuple[str, Turn]:
    if not isinstance(one, dict) or not isinstance(one.get("text") or "", str):
        raise ValueError(f"{place}: no utterance of ConvoKit: give it a text in 'text'.")
    key = next((name_of(one[name]) for name in _CONVERSATION if one.get(name)), "")
    if not key:
        raise ValueError(f"{place}: no conversation: give its name in 'conversation_id'.")
    speaker = one.get("speaker", one.get("user"))
    if isinstance(speaker, dict):
        speaker = speaker.get("id")
    reply = one.get("reply-to", one.get("reply_to"))
    meta = dumps(one["meta"]) if one.get("meta") else None
    return key, spoken(
        one.get("text") or "",
        name_of(speaker),
        id=one.get("id"),
        reply_to=reply,
        timestamp=one.get("timestamp"),
        meta=meta,
    )


CONVOKIT = ConvoKit()
