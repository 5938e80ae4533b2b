"""What a page holds of the turns behind its figures: compressed, unpacked where it is looked at."""

import gzip
import json
from base64 import b64encode
from math import isfinite
from typing import Any

import numpy as np

from .figures import Figures, answer_pairs, minute_keys, time_keys
from .table import Fractions, Numbers, TurnTable

CHUNK = 100
"""Dialogues whose texts are unpacked at once."""
BUDGET = 6_000_000
"""Characters of a page that texts take at most; figures, numbers and Vega take the others."""
CODE = 35
"""Number of the character that stands for 0 in strings with one character a turn."""


def pack_numbers(table: TurnTable, figures: Figures, chunks: Numbers) -> str:
    """Return what the page needs to find turns and to sort dialogues, without their texts."""
    hours, weeks = time_keys(table)
    steps, minutes = minute_keys(table)
    mondays = figures.weeks.keys if figures.weeks else []
    numbers = {monday: number for number, monday in enumerate(mondays)}
    _, replies = answer_pairs(table)
    answers = np.zeros_like(table.emotion)
    answers[replies] = 1
    courses = figures.courses
    per_cent = np.where(np.isnan(table.score), -1, np.round(100 * np.nan_to_num(table.score)))
    content = {
        "labels": table.labels,
        "groups": table.groups,
        "weeks": mondays,
        "minutes": steps,
        "names": table.names,
        "starts": table.starts.tolist(),
        "emotion": _codes(table.emotion),
        "group": _codes(table.group),
        "score": _codes(per_cent.astype(np.int64)),
        "hour": _codes(hours),
        "week": _codes(np.array([numbers.get(week, -1) for week in weeks], dtype=np.int64)),
        "minute": _codes(minutes),
        "answers": _codes(answers),
        "counts": courses.counts.ravel().tolist(),
        "atLeast": np.round(courses.at_least.ravel(), 4).tolist(),
        "begin": _rounded(courses.begin),
        "end": _rounded(courses.end),
        "change": _rounded(courses.change),
        "recovery": _rounded(courses.recovery),
        "chunk": chunks.tolist(),
    }
    return _packed(content)


def pack_texts(table: TurnTable, figures: Figures) -> tuple[list[str], Numbers]:
    """Return the texts in chunks, and the number of each dialogue's chunk, -1 where there is none.

    Dialogues that stand far in front by some order come first, so that what doesn't fit into
    the page's budget is of those that are looked at least.
    """
    chunks: list[str] = []
    number = np.full(len(table.names), -1, dtype=np.int64)
    order = _importance(figures)
    left = BUDGET
    for start in range(0, len(order), CHUNK):
        chosen = order[start : start + CHUNK].tolist()
        packed = _packed([_texts(table, dialogue) for dialogue in chosen])
        left -= len(packed)
        if left < 0:
            break
        number[chosen] = len(chunks)
        chunks.append(packed)
    return chunks, number


def _texts(table: TurnTable, dialogue: int) -> list[Any]:
    turns = slice(table.starts[dialogue], table.starts[dialogue + 1])
    return [dialogue, table.speakers[turns], table.texts[turns]]


def _importance(figures: Figures) -> Numbers:
    """Return the dialogues, those first whose best place in any order is the best."""
    courses = figures.courses
    keys = [*courses.at_least.T, -courses.change, courses.recovery]
    places = [_places(key) for key in keys]
    order: Numbers = np.argsort(np.min(places, axis=0), kind="stable")
    return order


def _places(key: Fractions) -> Numbers:
    order = np.argsort(-np.nan_to_num(key, nan=-9), kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def _codes(numbers: Numbers) -> str:
    """Return a string with one character for each number from -1 on."""
    return "".join(map(chr, (numbers + CODE).tolist()))


def _rounded(values: Fractions) -> list[float | None]:
    return [round(value, 3) if isfinite(value) else None for value in values.tolist()]


def _packed(content: Any) -> str:
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # A lone half of a character can't be written.
    return b64encode(gzip.compress(data.encode("utf-8", "replace"), mtime=0)).decode()
