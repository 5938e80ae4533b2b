"""BRIGHTER, English (Muhammad et al. 2025): texts with any of five emotions, or none of them.

These are the files of SemEval-2025's task 11, track A. The official test texts have no labels, so
there is no test split; the dev file has 115 texts, so a tenth of the train file joins it, by a
number that depends on the text alone.
"""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from ..storage.shown import quoted
from .comments import comment, held_in
from .corpus import Corpus
from .labels import shared

EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")
NONE = "none"
"""What a text is labelled with that has none of them."""
HEADER = ("id", "text", *EMOTIONS)


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the texts of train, or of dev."""
    if split == "dev":
        yield from _texts(folder / "dev.csv", faults)
    percentiles = range(90) if split == "train" else range(90, 100)
    yield from held_in(_texts(folder / "train.csv", faults), percentiles)


def _texts(path: Path, faults: Faults) -> Iterator[Dialogue]:
    for dialogue in read_file(path, faults, columns=Columns(dialogue="id", text="text")):
        (row,) = dialogue.fields
        if odd := [name for name in EMOTIONS if row.get(name) not in ("0", "1")]:
            problem = (
                f"{dialogue.place}: {quoted(row.get(odd[0], ''))} in the column {quoted(odd[0])} "
                f"in "
                f"place of 0 or 1: correct it."
            )
            faults.add(ValueError(problem), row)
            continue
        labels = [name for name in EMOTIONS if row[name] == "1"]
        yield comment(dialogue.turns[0], labels or [NONE], dialogue.place)


def _has_header(folder: Path) -> bool:
    with (folder / "train.csv").open("rb") as file:
        return file.readline().strip() == ",".join(HEADER).encode()


CORPUS = Corpus(
    name="brighter",
    title="BRIGHTER, English",
    author="Muhammad et al. 2025",
    files={"train": ("train.csv",), "dev": ("dev.csv", "train.csv")},
    read=read,
    license="CC-BY-4.0",
    source="https://github.com/emotion-analysis-project/SemEval2025-Task11",
    md5={
        "train.csv": "c231dc0d5780944a0822345ae30fcdc0",
        "dev.csv": "a8c9c12b539b717a7b6002d9d0e87bc2",
    },
    told_by=_has_header,
    labels=shared("brighter"),
)
