"""JSON lines: one dialogue a line, as an object.

    {"id": "17", "turns": [{"speaker": "Ann", "text": "Hello!", "emotion": "happiness"}, ...]}

`id`, `speaker` and `emotion` may be missing; what else stands there is kept.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from ..data.types import Dialogue
from ..storage.shown import quoted
from ..storage.strict_json import JsonError, dumps, loads
from .base import Head, Match, Options, WritableFormat, Write
from .documents import flat_text
from .encoding import as_text
from .layout import prefixed
from .lines import bounded_lines
from .records import Header, Reading, Result
from .sources import Source

OWN = ("emotion", "scores")
"""What a turn of a result says beside what was read."""


class JsonLines(WritableFormat):
    """See the module."""

    name = "jsonl"
    title = "JSON lines"
    endings = (".jsonl", ".ndjson")
    help = (
        'One dialogue a line, as {"turns": [{"speaker": ..., "text": ...}, ...]}; what else '
        "stands there is kept."
    )

    def recognise(self, head: Head) -> Match:
        """Return SURE where there are objects with "turns" and "text"."""
        if head.text.lstrip().startswith("{") and {"turns", "text"} <= head.keys:
            return Match.NO if in_one_piece(head) else Match.SURE
        return Match.NEAR if head.ending in self.endings else Match.NO

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; lines that can't be read go to the faults, with their place."""
        with source.opened() as file:
            yield Reading(Header.plain(), self._dialogues(file, source, options))

    def _dialogues(self, file: BinaryIO, source: Source, options: Options) -> Iterator[Dialogue]:
        for number, line in enumerate(bounded_lines(file, source.name, options.faults), 1):
            source.read_to()
            if not line.strip():
                continue
            place = f"{source.name}, line {number}"
            try:
                dialogue = parse_line(line, place, f"{source.stem}-{number}")
            except ValueError as error:
                options.faults.add(error, as_text(line))
                continue
            yield dialogue

    @contextmanager
    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> Iterator[Write]:
        """Give the function that writes one result."""
        _check_turn_keys(header)

        def write(result: Result) -> None:
            turns = _turns(result, header)
            own = prefixed(OWN, {key for turn in turns for key in turn})
            scores = result.scores.tolist()
            for turn, emotion, row, silent in zip(
                turns, result.emotions, scores, result.silent, strict=True
            ):
                each = {} if silent else dict(zip(labels, row, strict=True))
                turn.update(zip(own, (emotion, each), strict=True))
            keys = result.dialogue.keys or {"id": result.dialogue.name}
            file.write(json_line({**keys, "turns": turns}))

        yield write


def in_one_piece(head: Head) -> bool:
    """Return whether the beginning is that of JSON which is written over several lines."""
    first = head.text.lstrip().partition("\n")[0].strip()
    return first in ("{", "[", "[{") or (first.startswith("[") and first.endswith((",", "{", "]")))


def parse_line(line: bytes, place: str, name: str) -> Dialogue:
    """Return the dialogue of one line.

    Args:
        line: Its bytes.
        place: Its file and number.
        name: What the dialogue is called unless it has an `id`.

    Raises:
        ValueError: the line isn't such an object.
    """
    try:
        content = loads(line)
    except JsonError as error:
        raise ValueError(f"{place}: {error}: correct the line.") from error
    except json.JSONDecodeError as error:
        reason = f"it is no JSON from character {error.pos + 1} on, and each line needs a whole one"
        raise _no_dialogue(place, reason) from None
    except ValueError:  # the error holds the whole line
        raise _no_dialogue(place, "it is no UTF-8") from None
    return parse_dialogue(content, place, name)


def parse_dialogue(content: Any, place: str, name: str) -> Dialogue:
    """Return the dialogue of an object; see `parse_line`."""
    turns = content.get("turns") if isinstance(content, dict) else None
    if not isinstance(turns, list):
        raise _no_dialogue(place, 'it has no list "turns"')
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, dict) or "text" not in turn:
            raise _no_dialogue(place, f'turn {number} has no "text"')
    known = content.get("id")
    return Dialogue(
        [_text(turn["text"], "text", place) for turn in turns],
        [_name(turn.get("speaker"), "speaker", place) for turn in turns],
        [_name(turn.get("emotion"), "emotion", place) for turn in turns],
        place,
        name if known is None else str(known),
        turns,
        {key: value for key, value in content.items() if key != "turns"},
    )


def _no_dialogue(place: str, reason: str) -> ValueError:
    return ValueError(
        f'{place}: no dialogue ({reason}): write it as {{"turns": [{{"text": ...}}, ...]}}.'
    )


def json_line(content: dict[str, Any]) -> bytes:
    """Return an object as one line, in UTF-8."""
    return f"{dumps(content)}\n".encode()


def _text(value: Any, key: str, place: str) -> str:
    if value is None:
        return ""
    if key == "text" and isinstance(value, list) and all(map(_is_part, value)):
        return flat_text(value)
    if not isinstance(value, str):
        raise ValueError(f"{place}: the {key} {quoted(value)} must be a text: put it in quotes.")
    return value


def _is_part(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and "text" in value)


def _name(value: Any, key: str, place: str) -> str:
    """Return a text, or a number that stands for one, as many corpora have it."""
    return str(value) if type(value) is int else _text(value, key, place)


def _turns(result: Result, header: Header) -> list[dict[str, Any]]:
    """Return what was read of each turn."""
    dialogue = result.dialogue
    fields = dialogue.fields or [{} for _ in result.texts]
    if not header.is_table and all("text" in each for each in fields):
        return [dict(each) for each in fields]
    named = header.columns
    ours = (*named.key, named.text, named.speaker) if header.is_table else ()
    return [
        {
            "text": text,
            **({"speaker": speaker} if speaker else {}),
            **{key: value for key, value in each.items() if key not in ours},
        }
        for text, speaker, each in zip(result.texts, result.speakers, fields, strict=True)
    ]


def _check_turn_keys(header: Header) -> None:
    named = header.columns
    for key, column in (("text", named.text), ("speaker", named.speaker)):
        if key in header.names and column is not None and key != column:
            raise ValueError(
                f"The column '{key}' can't be kept in JSON lines, where {quoted(column)} becomes "
                f"'{key}': rename it in the input."
            )


JSONL = JsonLines()
