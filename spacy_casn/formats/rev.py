"""What Rev makes of speech: JSON with monologues."""

from collections.abc import Iterator
from typing import Any

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .documents import documents, name_of, objects
from .faults import Faults
from .sources import Source
from .spoken import seconds, spoken

_STARTS = ("ts", "timestamp")
_ENDS = ("end_ts", "end_timestamp")


class Rev(TextFormat):
    """Reads monologues; each is a turn, with its speaker's name where the file has it."""

    name = "rev"
    title = "Rev JSON"
    help = "JSON of Rev AI or Rev.com; one turn a monologue."
    fields = ("start", "end", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the names that results have."""
        return Match.SURE if {"monologues", "elements"} <= head.keys else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the dialogue of each JSON value; see `TextFormat.parse`."""
        for place, value in documents(text, source, faults):
            whole = value if isinstance(value, dict) else {}
            names = {
                name_of(one.get("id")): name_of(one.get("name"))
                for one in objects(whole.get("speakers"))
            }
            turns = [_turn(one, names) for one in objects(whole.get("monologues"))]
            yield Dialogue.of(turns, place=place, name=source.stem)


def _turn(monologue: dict[str, Any], names: dict[str, str]) -> Turn:
    elements = objects(monologue.get("elements"))
    text = "".join(str(one["value"]) for one in elements if isinstance(one.get("value"), str))
    speaker = name_of(monologue.get("speaker"))
    starts = [time for one in elements if (time := _seconds(one, _STARTS)) is not None]
    ends = [time for one in elements if (time := _seconds(one, _ENDS)) is not None]
    return spoken(
        text,
        names.get(speaker) or speaker,
        start=starts[0] if starts else None,
        end=ends[-1] if ends else None,
    )


def _seconds(element: dict[str, Any], names: tuple[str, ...]) -> float | None:
    time = next((element[name] for name in names if name in element), None)
    return float(time) if isinstance(time, (int, float)) else seconds(name_of(time))


REV = Rev()
