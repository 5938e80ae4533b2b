"""The package's HTML templates, into which any text can be put safely."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..scoring.valence import is_neutral
from .colours import tone
from .folds import parts_of

_NO_HTML = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def displayable(text: str) -> str:
    """Return the text with � for what can't stand in HTML or in UTF-8, such as NUL."""
    return _NO_HTML.sub("\ufffd", text)


def percent(fraction: float | None) -> str:
    """Write in percent with one decimal, without the sign; "–" for None."""
    return "–" if fraction is None else f"{100 * fraction:.1f}"


def fill(name: str, **values: Any) -> str:
    """Return what the template of this name makes of the values."""
    return _environment().get_template(name).render(**values)


def numbered(labels: Sequence[str]) -> dict[str, int]:
    """Return the number of each label, from 0."""
    return {label: number for number, label in enumerate(labels)}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("spacy_casn.visualization"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalize,
    )
    environment.filters["percent"] = percent
    environment.globals.update(tone=tone, parts_of=parts_of, numbered=numbered)
    environment.tests["neutral"] = is_neutral
    return environment


def _finalize(value: object) -> object:
    """Run on everything that is put into a template, before it is escaped."""
    return displayable(value) if type(value) is str else value
