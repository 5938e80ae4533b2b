"""Turns, names and labels as people's programs hold them: lists, arrays, columns of data frames."""

from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex

from ..storage.shown import quoted


def as_list(values: Iterable[Any], parameter: str) -> list[Any]:
    """Return the values of a list, an array or a column, in order.

    Raises:
        ValueError: it is a single text, which would be taken letter by letter, or nothing of the
            kind.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ValueError(
            f"`{parameter}` = {quoted(values)} is no list: give one with a value a turn, or a "
            f"transcript to nlp(...)."
        )
    return list(values)


def as_text(value: Any, place: str) -> str:
    """Return a text, "" for what is missing (None, nan, NA).

    Args:
        value: Is a str, or missing.
        place: What an error calls it, such as "turn 3".

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return ""
    raise ValueError(
        f"{place} is {quoted(value)}, of type {type(value).__name__}: give a text, or None where "
        f"nothing is said."
    )


def as_name(value: Any, place: str) -> str:
    """Return a name, "" for one that is missing; whole numbers are names too.

    Raises:
        ValueError: it is neither text nor whole number.
    """
    if isinstance(value, str) or is_missing(value):
        return as_text(value, place)
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return str(value.__index__())
    if isinstance(value, float) and value.is_integer():  # what pandas makes of numbers with gaps
        return str(int(value))
    raise ValueError(
        f"{place} is {quoted(value)}, of type {type(value).__name__}: give a name as a text or a "
        f"whole number, or None where it is unknown."
    )


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: None, nan, or the NA of pandas."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # of NA nobody knows whether it is itself; an array has many
        return type(value).__name__ == "NAType"
