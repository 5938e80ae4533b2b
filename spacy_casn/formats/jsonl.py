"""Dialogues as JSON lines: one object a dialogue.

    {"turns": [{"speaker": "Ann", "text": "Hello!", "emotion": "happiness"}, ...]}

`speaker` and `emotion` may be missing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..corpora.source import Dialogue
from .encoding import as_text
from .faults import Faults

FILES = {"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"}
MD5: dict[str, str] = {}


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """The dialogues of one split, in order; see `read_file`."""
    return read_file(folder / FILES[split], faults)


def read_file(path: Path, faults: Faults) -> Iterator[Dialogue]:
    """The dialogues of one file, in order; empty lines are passed over.

    Lines that aren't such an object go to `faults`, with their place.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                _, dialogue = parse_line(line, f"{path}, line {number}")
            except ValueError as error:
                faults.add(error, as_text(line))
                continue
            yield dialogue


def parse_line(line: bytes, place: str) -> tuple[dict[str, Any], Dialogue]:
    """The object of one line as it stands there, and its dialogue.

    Raises:
        ValueError: the line isn't such an object; `place` is its file and number.
    """
    try:
        content = json.loads(line)
        turns = content["turns"]
        texts = [turn["text"] for turn in turns]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f'{place}: no dialogue ({error!r}): write it as {{"turns": [{{"text": ...}}, ...]}}.'
        ) from error
    return content, Dialogue(
        [_text(text, place) for text in texts],
        [_text(turn.get("speaker"), place) for turn in turns],
        [_text(turn.get("emotion"), place) for turn in turns],
        place,
    )


def _text(value: Any, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{place}: {value!r} must be a text: put it in quotes.")
    return value
