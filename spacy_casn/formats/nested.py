"""Parquet with one dialogue a row: lists of what is said, as the Hugging Face hub has them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ..data.types import Dialogue, Turn
from .columns import OURS
from .records import Columns, Header
from .roles import NAMES, conversation
from .sources import Source
from .spoken import spoken

_TEXTS = ("dialog", "dialogue", "utterances", "turns", "texts", "text", "messages", "conversations")
_SPEAKERS = ("speakers", "speaker", "roles")
_EMOTIONS = ("emotions", "emotion", "labels", "label")
_NAMES = (*NAMES, "dialog_id", "dialogue_id", "conv_id")
_DAILY_DIALOG = ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise")


class Nested:
    """Where what stands in a table of dialogues.

    Args:
        schema: The table's.
        columns: What was named by hand; None for what can be found.
    """

    def __init__(self, schema: pa.Schema, columns: Columns | None) -> None:
        lists = [field.name for field in schema if _is_list(field.type)]
        spoken_of = [name for name in lists if _holds_speech(schema.field(name).type)]
        known = [name for name in _TEXTS if name in spoken_of]
        plain = OURS.text in schema.names and OURS.text not in lists
        given = columns or Columns(None, "")
        self.text = given.text or next(iter(known or spoken_of), "")
        self.found = self.text in spoken_of and (bool(given.text) or not plain)
        others = [name for name in lists if name != self.text]
        self.speaker = _chosen(given.speaker, _SPEAKERS, others)
        self.emotion = _chosen(given.emotion, _EMOTIONS, others)
        self.fields = [name for name in others if name != self.speaker]
        self.keys = [field.name for field in schema if field.name not in lists]
        self.name = _chosen("".join(given.key[:1]), _NAMES, self.keys)
        self.is_daily_dialog = {"dialog", "act", "emotion"} <= set(lists)

    @property
    def header(self) -> Header:
        """The columns of a table of results."""
        return Header.plain(tuple(self.fields))

    def dialogues(self, rows: Iterable[dict[str, Any]], source: Source) -> Iterator[Dialogue]:
        """Give a dialogue for each row."""
        for number, row in enumerate(rows, 1):
            place = f"{source.name}, row {number}"
            name = str(row[self.name]) if self.name else f"{source.stem}-{number}"
            keys = {key: row[key] for key in self.keys}
            said = row[self.text] or []
            if any(isinstance(one, dict) for one in said):
                yield conversation(said, place=place, name=name, keys=keys)
            else:
                yield Dialogue.of(self._turns(row, said), place=place, name=name, keys=keys)

    def _turns(self, row: dict[str, Any], said: list[str | None]) -> Iterator[Turn]:
        for position, text in enumerate(said):
            each = {
                name: (row[name] or [])[position]
                for name in [*self.fields, self.speaker]
                if name and position < len(row[name] or [])
            }
            speaker = each.pop(self.speaker, None)
            emotion = each.get(self.emotion)
            if self.is_daily_dialog and isinstance(emotion, int):
                emotion = each[self.emotion] = _DAILY_DIALOG[emotion]
            turn = spoken(text or "", "" if speaker is None else str(speaker), **each)
            yield replace(turn, emotion="" if emotion is None else str(emotion))


def _chosen(given: str | None, usual: tuple[str, ...], there: list[str]) -> str:
    return given or next((name for name in usual if name in there), "")


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _holds_speech(kind: pa.DataType) -> bool:
    inner = kind.value_type
    if pa.types.is_struct(inner):
        names = {field.name for field in inner}
        return bool(names & {"content", "value", "text"} and names & {"role", "from", "sender"})
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))
