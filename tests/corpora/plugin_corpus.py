"""A corpus as a third party would ship it: this module, and one line of its setup.cfg.

spacy_casn_corpora =
    postcards = plugin_corpus:CORPUS
"""

from collections.abc import Iterator
from pathlib import Path

from spacy_casn.corpora.corpus import Corpus
from spacy_casn.data.types import Dialogue
from spacy_casn.formats.faults import Faults


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield a dialogue of one turn for each line: a mood, a colon and the text."""
    path = folder / f"{split}.post"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mood, _, text = line.partition(":")
        yield Dialogue([text.strip()], ["Sender"], [mood], f"{path}, line {number}")


CORPUS = Corpus(
    name="postcards",
    title="Postcards",
    files={"train": ("train.post",), "test": ("test.post",)},
    read=read,
    license="CC0-1.0",
    labels={"glad": {"happiness": 1}, "so-so": {"no emotion": 0.5, "sadness": 0.5}, "lost": {}},
)
