"""JSON of chats and speech recognisers, in one piece or one object a line."""

from collections.abc import Iterator
from typing import Any

from ..storage.strict_json import JsonError, loads
from .faults import Faults
from .sources import Source


def documents(text: str, source: Source, faults: Faults) -> Iterator[tuple[str, Any]]:
    """Give each JSON value of a text, with its place: the whole, or else line by line.

    Lines that are no JSON go to `faults`.
    """
    try:
        whole = loads(text)
    except JsonError as fault:
        raise ValueError(f"{source.name}, {fault}: correct the file.") from fault
    except ValueError:
        pass
    else:
        yield source.name, whole
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{source.name}, line {number}"
        try:
            yield place, loads(line)
        except JsonError as fault:
            faults.add(ValueError(f"{place}: {fault}: correct the line."), line)
        except ValueError as error:
            problem = ValueError(
                f"{place}: no JSON: write the file as one JSON value, or one object a line."
            )
            problem.__cause__ = error
            faults.add(problem, line)


def flat_text(value: Any) -> str:
    """Return a text that stands in parts: a string, a list of parts, or an object with a text.

    Parts that hold none, such as images, are passed over.
    """
    if isinstance(value, list):
        return "".join(map(flat_text, value))
    if isinstance(value, dict):
        return flat_text(value.get("text", ""))
    return value if isinstance(value, str) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def name_of(value: Any) -> str:
    """Return a name or a number as text; "" where there is none."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()
