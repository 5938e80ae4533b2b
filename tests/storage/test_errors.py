"""A review of every error that the package raises: value or place, and a remedy."""

import ast
import re
from collections.abc import Iterator

import pytest

from ..conftest import ROOT

VERBS = (
    "add call compare convert correct delete fetch free get give hide install join keep leave "
    "let load lower make name number pass put quote reinstall remove rename run save say "
    "see set sort take train try uninstall unpack upgrade use wrap write"
)
REMEDY = re.compile(
    rf"[:;,(] ?(or |and |so )?({VERBS.replace(' ', '|')}|`pip install|the same command)\b"
    r"|\bmust (be|lie)\b|\? Name it by\b|: it is |: \{\}\.$"
)
PLACE = re.compile(r"stdin|stdout|--\w|\w = \w|\w\.\w")
WITHOUT = {
    "module '{}' has no attribute '{}'": "what Python itself says",
    "{} = {} of '{}', whose weights were trained with {}": "part of another error's sentence",
    "'{}' of '{}' is {} in the weights and {} in the model": "part of another error's sentence",
    "its format is {}, not {}": "part of another error's sentence",
    "a turn's {} is no text": "part of another error's sentence",
    "a turn's scores are no numbers by label": "part of another error's sentence",
    "the key {} stands twice in one object": "part of another error's sentence",
    "{} is no number that can be held": "part of another error's sentence",
    "line {}: {}": "part of another error's sentence",
    "its weights '{}' hold a value that is no finite number": "part of another error's sentence",
    "'{}' has no weights '{}'": "part of another error's sentence",
    "'{}' of '{}' holds a value that is no finite number": "part of another error's sentence",
    "it is nested too deeply": "part of another error's sentence",
    "the kind '{}' is unknown": "part of another error's sentence",
    "'{}' is no field of the kind '{}'": "part of another error's sentence",
    "'{}' is missing": "part of another error's sentence",
    "a turn has a text, and perhaps a speaker": "part of another error's sentence",
    "other names than in the lines before": "part of another error's sentence",
}


def raised() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "spacy_casn").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            # Errors are also made for `Faults`, which raises them.
            if isinstance(node, ast.Call) and re.fullmatch(
                r"[A-Z]\w*Error", getattr(node.func, "id", "")
            ):
                yield f"{name}:{node.lineno}", node


def message(call: ast.Call) -> tuple[str, int]:
    """The text of a message, each value as {}, and how many values it has."""
    parts = call.args[0].values if isinstance(call.args[0], ast.JoinedStr) else [call.args[0]]
    texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in parts]
    return "".join(map(str, texts)), sum(not isinstance(part, ast.Constant) for part in parts)


@pytest.mark.parametrize(("place", "call"), [pytest.param(*pair, id=pair[0]) for pair in raised()])
def test_an_error_names_a_value_and_a_remedy(place: str, call: ast.Call) -> None:
    text, values = message(call)
    if text in WITHOUT:
        return
    assert values or PLACE.search(text), text
    passes_on_another = not re.sub(r"\{\}|, dialogue", "", text).strip(" :'")
    if not passes_on_another:
        assert REMEDY.search(text), text
