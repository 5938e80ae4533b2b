"""Dialogues as JSON lines: one object a dialogue.

    {"turns": [{"speaker": "Ann", "text": "Hello!", "emotion": "happiness"}, ...]}

`speaker` and `emotion` may be missing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .source import Dialogue, Problem

FILES = {"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"}
MD5: dict[str, str] = {}


def read(folder: Path, split: str, problems: list[Problem]) -> Iterator[Dialogue]:
    """The dialogues of one split, in order; see `read_file`."""
    return read_file(folder / FILES[split])


def read_file(path: Path) -> Iterator[Dialogue]:
    """The dialogues of one file, in order; empty lines are passed over.

    Raises:
        ValueError: a line isn't such an object, with its place.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield parse_line(line, f"{path}, line {number}")[1]


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
            f'{place}: no dialogue of the form {{"turns": [{{"text": ...}}, ...]}} ({error!r}).'
        ) from error
    return content, Dialogue(
        [_text(text, place) for text in texts],
        [_text(turn.get("speaker"), place) for turn in turns],
        [_text(turn.get("emotion"), place) for turn in turns],
    )


def _text(value: Any, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{place}: {value!r} must be a text: put it in quotes.")
    return value
