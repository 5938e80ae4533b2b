"""GoEmotions (Demszky et al. 2020): comments from Reddit, some with several emotions."""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from .comments import comment, lines_of, named_labels
from .corpus import Corpus
from .labels import shared
from .source import SPLITS

NAMES = "labels.txt"


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the comments of a split: a line has text, label numbers and a name, between tabs."""
    names = [line for line, _ in lines_of(folder / NAMES)]
    for line, place in lines_of(folder / f"{split}.tsv"):
        try:
            yield _parsed(line, names, place)
        except ValueError as error:
            faults.add(error, line)


def _parsed(line: str, names: list[str], place: str) -> Dialogue:
    cells = line.split("\t")
    if len(cells) != 3:
        raise ValueError(
            f"{place}: {len(cells)} cells in place of text, labels and name: correct the line."
        )
    return comment(cells[0], named_labels(cells[1], names, place), place)


CORPUS = Corpus(
    name="goemotions",
    title="GoEmotions",
    author="Demszky et al. 2020",
    files={split: (f"{split}.tsv", NAMES) for split in SPLITS},
    read=read,
    license="CC-BY-4.0",
    source="https://github.com/google-research/google-research/tree/master/goemotions/data",
    md5={
        "train.tsv": "83a206cc5aa2fa9749ee45675f866d03",
        "dev.tsv": "8820aa4fd13c5dee1b55c2893aad1232",
        "test.tsv": "8c3482a12f52ff56429a5d178257be09",
        NAMES: "e0e6d342e661e202e3a0f241db907512",
    },
    labels=shared("goemotions"),
)
