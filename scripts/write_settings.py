"""Write docs/settings.md: every setting of every registered function, from its docstring.

python -m scripts.write_settings
"""

import inspect
import re
import sys
from collections.abc import Callable
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any

from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.storage.files import replaced_when_whole

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "settings.md"
GROUPS = {
    "spacy_factories": "Component",
    "spacy_architectures": "Model",
    "spacy_misc": "Objectives and turns",
    "spacy_readers": "Corpus",
    "spacy_batchers": "Batches",
    "spacy_scorers": "Scores",
}
GIVEN = {"nlp", "self", "get_examples"}
"""What spaCy itself hands over."""


def main() -> None:
    with replaced_when_whole(PAGE) as temporary:
        temporary.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    parts = [
        "# Settings",
        "Every setting of every registered function, as its docstring tells it. They stand in a "
        "config like those in [configs/](../configs/), or go to `nlp.add_pipe`. Made by "
        "`python -m scripts.write_settings`.",
    ]
    for group, title in GROUPS.items():
        parts.append(f"## {title}")
        for line in setup["options.entry_points"][group].strip().splitlines():
            name, _, target = (part.strip() for part in line.partition("="))
            module, function = target.split(":")
            parts += section(name, getattr(import_module(module), function))
    parts += ["## Before training", *initialize()]
    return "\n\n".join(parts) + "\n"


def section(name: str, function: Callable) -> list[str]:
    """What a registered function does, and a table of its settings."""
    subject, *sources = documented(function)
    explained: dict[str, str] = {}
    for source in [subject, *sources]:
        explained = arguments(inspect.getdoc(source) or "") | explained
    return [f"### `{name}`", summary(subject), *settings(function, explained)]


def initialize() -> list[str]:
    """The settings of `[initialize.components.casn_emotion]`."""
    method = CasnEmotion.initialize
    explained = arguments(inspect.getdoc(method) or "")
    return ["### `[initialize.components.casn_emotion]`", *settings(method, explained)]


def documented(function: Callable) -> list[Any]:
    """What tells of a registered function or class, first what tells what it does.

    A function's docstring can refer to another's; a class inherits from base classes.
    """
    text = inspect.getdoc(function) or ""
    target = re.match(r"(?:Registered|Serve as the factory|Make).*?; see `(\w+)`", text)
    # The factory's module imports the component when it is first built.
    places = (sys.modules[function.__module__], sys.modules[CasnEmotion.__module__])
    found = function
    if target:
        found = next(getattr(place, target[1]) for place in places if hasattr(place, target[1]))
    family = inspect.getmro(found) if inspect.isclass(found) else (found,)
    ours = [one for one in family if one.__module__.startswith("spacy_casn")]
    return [*ours, *([function] if target else [])]


def summary(documented: Any) -> str:
    """A docstring up to its first section."""
    text = inspect.getdoc(documented) or ""
    return re.split(r"\n\s*\n?(?:Args|Raises|Returns):", text)[0].strip()


def arguments(docstring: str) -> dict[str, str]:
    """What the section `Args:` says of each name."""
    match = re.search(r"Args:\n(.*?)(?:\n\n\S|\Z)", docstring, flags=re.S)
    if match is None:
        return {}
    explained: dict[str, str] = {}
    names: list[str] = []
    for line in inspect.cleandoc(match[1]).splitlines():
        if not line.startswith(" ") and ":" in line:
            head, _, text = line.partition(":")
            names = [name.strip() for name in head.split(",")]
            explained |= dict.fromkeys(names, text.strip())
        elif line.strip():
            for name in names:
                explained[name] += f" {line.strip()}"
    return explained


def settings(function: Callable, explained: dict[str, str]) -> list[str]:
    """A Markdown table of the function's parameters."""
    rows = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in GIVEN or name not in explained:
            continue
        default = "" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        text = explained[name].replace("|", "\\|")
        rows.append(f"| `{name}` | {default} | {text} |")
    if not rows:
        return ["It has no settings."]
    return ["\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])]


if __name__ == "__main__":
    main()
