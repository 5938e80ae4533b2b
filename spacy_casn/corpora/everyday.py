"""The project's own corpus: everyday conversations, written for it by a plan."""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from .corpus import Corpus
from .files import read_with_also
from .labels import shared
from .source import SPLITS

NAME = "everyday"


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the dialogues of a split."""
    return read_with_also(folder / f"{split}.jsonl", faults)


def _has_name(folder: Path) -> bool:
    return folder.resolve().name == NAME


CORPUS = Corpus(
    name=NAME,
    title="Everyday conversations of spacy_casn",
    files={split: (f"{split}.jsonl",) for split in SPLITS},
    read=read,
    license="MIT",
    source="corpus/everyday of this project",
    told_by=_has_name,
    labels=shared("everyday"),
)
