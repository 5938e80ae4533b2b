"""The order of the rooms, as CONTRIBUTING.md draws it: no import runs upward or in a circle."""

import ast
from graphlib import TopologicalSorter

from .conftest import ROOT

ORDER = [
    "compat storage",
    "data",
    "formats layers scoring",
    "corpora encoders objectives",
    "models training",
    "pipeline",
    "annotation evaluation packaging",
    "visualization",
    "summary",
    "cli",
]
RANKS = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms.split()}
PAGE = "spacy_casn.visualization.app"
"""Is run by Streamlit as a script, which uses the package as anybody does."""
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "spacy_casn").rglob("*.py"))
}


def imports_of(name: str) -> set[str]:
    """The modules of the package that a module imports, at its top or in a function."""
    found = set()
    path = FILES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                inside = f"{base}.{alias.name}"
                found.add(inside if inside in FILES else base)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found & FILES.keys() - {name}


IMPORTS = {name: imports_of(name) for name in FILES if name != PAGE}


def room_of(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def test_every_room_has_its_place() -> None:
    assert {room_of(name) for name in FILES} - {"", "weights"} == RANKS.keys()


def test_no_room_imports_one_that_is_not_below_it() -> None:
    upward = [
        (name, other)
        for name, found in IMPORTS.items()
        for other in found
        if room_of(name) and room_of(name) != room_of(other)
        if not room_of(other) or RANKS[room_of(other)] >= RANKS[room_of(name)]
    ]
    assert upward == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert len(list(TopologicalSorter(IMPORTS).static_order())) >= len(IMPORTS)
