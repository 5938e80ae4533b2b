"""MELD (Poria et al. 2019), from its official tables: many speakers, other labels.

The tables lack some utterances (and train the whole dialogue 60): what is there is kept, in
order. They are UTF-8; older copies, with other sums, have control characters in place of
apostrophes and dashes.
"""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from .corpus import Corpus
from .labels import shared

FILES = {
    "train": "train_sent_emo.csv",
    "dev": "dev_sent_emo.csv",
    "test": "test_sent_emo.csv",
}
COLUMNS = Columns(
    dialogue="Dialogue_ID",
    text="Utterance",
    speaker="Speaker",
    emotion="Emotion",
    order="Utterance_ID",
)


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the dialogues of a split."""
    return read_file(folder / FILES[split], faults, columns=COLUMNS)


CORPUS = Corpus(
    name="meld",
    title="MELD",
    author="Poria et al. 2019",
    files={split: (name,) for split, name in FILES.items()},
    read=read,
    license="GPL-3.0-only",
    source="https://github.com/declare-lab/MELD",
    md5={
        "train_sent_emo.csv": "3a33b022655c68961c440a83c93497ec",
        "dev_sent_emo.csv": "0ff1dda801c068b6e69bf8dd83218ac2",
        "test_sent_emo.csv": "46c92f610268c703cb1a0472c76925e5",
    },
    labels=shared("meld"),
)
