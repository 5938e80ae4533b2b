"""XED, English (Öhman et al. 2020): single lines of film subtitles, some with several emotions.

The lines are sorted by the alphabet and have no official splits: a number that depends on the
text alone puts 90 percent into train, 5 into dev and 5 into test, so that a repeated line stands
in one split only.
"""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from .comments import comment, held_in, lines_of, named_labels
from .corpus import Corpus
from .labels import shared
from .source import SPLITS

ANNOTATED = "en-annotated.tsv"
NEUTRAL = "neu_en.txt"
NAMES = (
    "anger",
    "anticipation",
    "disgust",
    "fear",
    "joy",
    "sadness",
    "surprise",
    "trust",
    "neutral",
)
PERCENTILES = {"train": range(90), "dev": range(90, 95), "test": range(95, 100)}


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the lines of a split: those with emotions, then the neutral ones."""
    return held_in(_all(folder, faults), PERCENTILES[split])


def _all(folder: Path, faults: Faults) -> Iterator[Dialogue]:
    for name in (ANNOTATED, NEUTRAL):
        for line, place in lines_of(folder / name):
            # Some neutral lines end with empty cells.
            cells = line.rstrip("\t").split("\t")
            if name == NEUTRAL:
                cells.reverse()
            try:
                if len(cells) != 2:
                    raise ValueError(
                        f"{place}: {len(cells)} cells in place of text and labels: correct the "
                        f"line."
                    )
                labels = named_labels(cells[1], NAMES, place, first=1)
            except ValueError as error:
                faults.add(error, line)
                continue
            yield comment(cells[0], labels, place)


CORPUS = Corpus(
    name="xed",
    title="XED, English",
    author="Öhman et al. 2020",
    files=dict.fromkeys(SPLITS, (ANNOTATED, NEUTRAL)),
    read=read,
    license="CC-BY-4.0",
    source="https://github.com/Helsinki-NLP/XED",
    md5={
        ANNOTATED: "3ad1c7f0ac7564c5ffdc69a2f5751bc2",
        NEUTRAL: "8a33d1340aac0db081e13a2441b544be",
    },
    labels=shared("xed"),
)
