"""Topical-Chat (Gopalakrishnan et al. 2019): chats about a text, labelled by their own writers.

Only the dialogues of the four held-out files are used: both `valid` files are train, about rare
and frequent things, `test_freq` is dev and `test_rare` is test.
"""

from collections.abc import Iterator
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from ..storage.archives import read_gzip
from ..storage.errors import first_line
from ..storage.strict_json import loads
from .corpus import Corpus
from .labels import shared

FILES = {
    "train": ("valid_freq.json.gz", "valid_rare.json.gz"),
    "dev": ("test_freq.json.gz",),
    "test": ("test_rare.json.gz",),
}


def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
    """Yield the dialogues of a split.

    Raises:
        ValueError: a file can't be read.
    """
    for file in FILES[split]:
        path = folder / file
        try:
            dialogues = dict(loads(read_gzip(path)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"'{path}' can't be read ({error}): fetch it again.") from error
        for name, dialogue in dialogues.items():
            place = f"{path}, dialogue {name}"
            try:
                turns = dialogue["content"]
                yield Dialogue(
                    [turn["message"].strip() for turn in turns],
                    [turn["agent"] for turn in turns],
                    [turn["sentiment"].strip().lower() for turn in turns],
                    place,
                )
            except (KeyError, TypeError, AttributeError) as error:
                problem = f"no content with message, agent and sentiment ({first_line(error)})"
                faults.add(ValueError(f"{place}: {problem}: correct it."), dialogue)


CORPUS = Corpus(
    name="topicalchat",
    title="Topical-Chat",
    author="Gopalakrishnan et al. 2019",
    files=FILES,
    read=read,
    license="CDLA-Sharing-1.0",
    source="https://github.com/alexa/Topical-Chat",
    md5={
        "valid_freq.json.gz": "8ac104e65e466e061cb5bd0fc7b03c5a",
        "valid_rare.json.gz": "02b53a7e779de31f9c41808877b713ed",
        "test_freq.json.gz": "8396fdc23b392d99e57d25c0f5afc58b",
        "test_rare.json.gz": "7996fa9a7cda2d1c12af479f40f9c620",
    },
    labels=shared("topicalchat"),
)
