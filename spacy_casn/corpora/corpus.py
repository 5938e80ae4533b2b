"""A corpus as an object: whose it is, which files it has, and how they are read."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from .labels import LabelMap

Read = Callable[[Path, str, Faults], Iterator[Dialogue]]
"""Yields the dialogues of a split, in order: of a folder, the split's name, and what hears of
all that can't be read or was repaired."""

GROUP = "spacy_casn_corpora"


@dataclass(frozen=True)
class Corpus:
    """A corpus that `convert` knows.

    Args:
        name: By which it is registered; its dialogues carry it.
        title: What it is called.
        files: The names of the files of each split: train, dev and test, or some of them.
        read: Reads one split.
        author: Who made it when, as one cites it; "" for this project.
        license: Its SPDX name, or that of the terms where they have none.
        source: Where it comes from.
        md5: Known sums of the files, by name, to refuse others.
        told_by: Whether a folder with files of these names holds the corpus; None where the
            names tell it.
        labels: What its labels say about other ones; empty where they are kept as they are.
    """

    name: str
    title: str
    files: Mapping[str, Sequence[str]]
    read: Read
    author: str = ""
    license: str = ""
    source: str = ""
    md5: Mapping[str, str] = field(default_factory=dict)
    told_by: Callable[[Path], bool] | None = None
    labels: LabelMap = field(default_factory=dict)

    def file_names(self) -> list[str]:
        """Return the names of all its files, each once."""
        return list(dict.fromkeys(name for files in self.files.values() for name in files))

    def missing(self, folder: Path) -> list[str]:
        """Return the names of its files that the folder lacks."""
        return [name for name in self.file_names() if not (folder / name).is_file()]

    def verify(self, folder: Path) -> None:
        """Raise ValueError unless the files are those whose sums are known."""
        for name, expected in self.md5.items():
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "md5").hexdigest()
            if found != expected:
                raise ValueError(
                    f"'{folder / name}' has the md5 sum {found}, but the official file has "
                    f"{expected}: fetch it again, or convert it all the same by "
                    f"`checksums` = False."
                )


def named(name: str) -> Corpus:
    """Return the corpus that is registered by a name.

    Raises:
        ValueError: there is none.
    """
    found = known()
    if name not in found:
        raise ValueError(f"No corpus '{name}' is known: give one of {', '.join(found)}.")
    return found[name]


def known() -> dict[str, Corpus]:
    """Return all corpora by name, sorted: packages name theirs in the entry points `GROUP`."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: entry.load() for entry in found}
