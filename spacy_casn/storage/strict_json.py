"""JSON without what it can't hold: keys that come twice, NaN, numbers beyond all bounds."""

import json
import math
from collections.abc import Callable
from json.decoder import JSONObject  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from .shown import quoted


class JsonError(ValueError):
    """What is JSON by its signs, but loses data or holds what no number is.

    Args:
        reason: What is wrong.
        token: The number as it stands there, "" for a key that stands twice.
    """

    def __init__(self, reason: str, token: str) -> None:
        super().__init__(reason)
        self.token = token
        self.place: int | None = None


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        JsonError: a key stands twice in an object, a number is none that is finite, or objects
            stand too deep in each other. Where the
            text has several lines, the message names that of the number or the object's beginning.
        json.JSONDecodeError: it is no JSON.
        UnicodeDecodeError: it is no text.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    text = text.removeprefix("\ufeff")
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise JsonError("it is nested too deeply", "") from error
    except JsonError as fault:
        if "\n" not in text.strip():
            raise
        raise JsonError(f"line {_line_of(fault, text)}: {fault}", fault.token) from fault


def read(path: Path) -> Any:
    """Return the value in a JSON file.

    Raises:
        ValueError: it is none, or `loads` refuses it.
    """
    if not path.is_file():
        raise ValueError(f"there is no file '{path}': give one that is there")
    return loads(path.read_bytes())


def dumps(content: Any) -> str:
    """Return what was read as JSON; what is no finite number becomes null.

    What JSON has no type for becomes text.
    """
    try:
        return _dumps(content, default=str)
    except ValueError:
        return _dumps(_finite(content), default=str)


def write(path: Path, content: Any) -> None:
    """Write a value into a JSON file, laid out; what is no finite number becomes null."""
    path.write_text(f"{_dumps(_finite(content), indent=2)}\n", encoding="utf-8")


def _dumps(content: Any, **settings: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, **settings)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which UTF-8 can hold only escaped
        return json.dumps(content, allow_nan=False, **settings)
    return text


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise JsonError(f"the key {quoted(twice)} stands twice in one object", "")
    return content


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonError(f"{text[:40]} is no number that can be held", text)
    return number


_SETTINGS: dict[str, Callable[..., Any]] = {
    "object_pairs_hook": _unique,
    "parse_float": _number,
    "parse_constant": _number,
}
_DECODER = json.JSONDecoder(**_SETTINGS)  # type: ignore[arg-type]


class _Tracing(json.JSONDecoder):
    """Python's own decoder: slower, but a fault tells where the object with it begins."""

    def __init__(self) -> None:
        super().__init__(**_SETTINGS)  # type: ignore[arg-type]
        self.parse_object = self._object
        self.scan_once = py_make_scanner(self)

    def _object(self, begin: tuple[str, int], *settings: Any) -> Any:
        try:
            return JSONObject(begin, *settings)
        except JsonError as fault:
            if fault.place is None:
                fault.place = begin[1]
            raise


def _line_of(fault: JsonError, text: str) -> int:
    """Return the line of the number, or of the beginning of the object with the key."""
    begin = 0
    try:
        _Tracing().decode(text)
    except JsonError as traced:
        begin = (traced.place or 1) - 1
    except RecursionError:  # Python's own decoder goes less deep
        pass
    return text.count("\n", 0, max(text.find(fault.token, begin), 0)) + 1
