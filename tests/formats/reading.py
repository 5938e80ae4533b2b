"""Reads a file as the commands do: its format is recognised by what stands in it."""

from pathlib import Path
from typing import Any, NamedTuple

from spacy_casn.data.types import Dialogue
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

FIXTURES = Path(__file__).parents[1] / "fixtures" / "transcripts"


class Seen(NamedTuple):
    """What was read of a file with one dialogue."""

    format: str
    said: list[tuple[str, str]]
    fields: list[dict[str, Any]]


def seen(path: Path) -> Seen:
    """The one dialogue of a file."""
    (dialogue,) = dialogues(path)
    said = list(zip(dialogue.speakers, dialogue.turns, strict=True))
    return Seen(recognised(Source(path)).name, said, list(dialogue.fields))


def dialogues(path: Path) -> list[Dialogue]:
    """All dialogues of a file."""
    return list(read_file(path, Faults()))


def written(folder: Path, text: str, name: str = "talk.txt") -> Path:
    """A file with that text."""
    path = folder / name
    path.write_bytes(text.encode())
    return path


def only(values: list[dict[str, Any]], name: str) -> list[Any]:
    """One field of all turns, None where a turn hasn't it."""
    return [value.get(name) for value in values]
