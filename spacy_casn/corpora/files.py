"""A corpus of one's own: a file for each split, of any format that can be read.

Turns of JSON lines may have more labels than one; `also` names others that a sensible reader would
accept:

    {"text": "Oh. Great.", "emotion": "anger", "also": ["sadness"]}
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.types import Dialogue
from ..formats.docbin import ENDING as DOCBIN
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from ..formats.registry import formats
from ..formats.sources import Source
from ..storage.shown import quoted
from .corpus import Corpus
from .labels import equal_shares
from .source import SPLITS

ALSO = "also"
PLAIN_SHARE = 0.7
"""Of a turn's own label, where it has others too; these share the rest."""


def corpus_in(folder: Path, columns: Columns | None = None) -> Corpus:
    """Return the corpus of a folder's files called train, dev and test, or test alone.

    It goes by the folder's name.

    Args:
        folder: Where they are.
        columns: Where what stands, if they are tables.

    Raises:
        ValueError: one is missing, or there are several of its name.
    """
    found = {split: _files_of(folder, split) for split in SPLITS}
    # A corpus to measure on needs no more than test.
    splits = SPLITS if found["train"] or found["dev"] or not found["test"] else ("test",)
    files = {split: _only(folder, split, found[split]) for split in splits}

    def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
        return read_with_also(folder / files[split], faults, columns)

    names = {split: (name,) for split, name in files.items()}
    return Corpus(folder.resolve().name, "files of one's own", names, read)


def corpus_of(file: Path, columns: Columns | None = None) -> Corpus:
    """Return the corpus of one file: the split it is called after, or else test.

    Args:
        file: Of any format that can be read.
        columns: Where what stands, if it is a table.
    """
    stem = Source(file).stem
    split = stem if stem in SPLITS else "test"

    def read(folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
        return read_with_also(file, faults, columns)

    return Corpus(stem, "a file of one's own", {split: (file.name,)}, read)


def read_with_also(
    path: Path, faults: Faults, columns: Columns | None = None
) -> Iterator[Dialogue]:
    """Yield the dialogues of a file, with the shares of turns that have `also`."""
    for dialogue in read_file(path, faults, columns=columns):
        if not any(ALSO in fields for fields in dialogue.fields):
            yield dialogue
            continue
        try:
            shares = [
                _shares(label, fields, f"{dialogue.place}, turn {number}")
                for number, (label, fields) in enumerate(
                    zip(dialogue.emotions, dialogue.fields, strict=True), 1
                )
            ]
        except ValueError as error:
            faults.add(error, dialogue.content())
            continue
        soft = any(len(found) > 1 for found in shares)
        yield replace(dialogue, shares=shares) if soft else dialogue


def _files_of(folder: Path, split: str) -> list[str]:
    endings = {ending for known in formats().values() for ending in known.endings}
    found = [
        source
        for source in map(Source, folder.glob(f"{split}.*"))
        if source.ending in endings and source.stem == split
    ]
    # What was converted into the same folder before is no corpus beside the one that it came from.
    given = [source for source in found if source.ending != DOCBIN] or found
    return sorted(Path(source.name).name for source in given)


def _only(folder: Path, split: str, found: list[str]) -> str:
    if len(found) != 1:
        state = f"both {' and '.join(found)}" if found else f"no file '{split}'"
        raise ValueError(
            f"'{folder}' has {state}: give it one, such as {split}.csv or {split}.jsonl."
        )
    return found[0]


def _shares(label: str, fields: Mapping[str, Any], place: str) -> dict[str, float]:
    also = fields.get(ALSO) or []
    if not also:
        return {label: 1.0} if label else {}
    if not (label and isinstance(also, list) and all(isinstance(name, str) for name in also)):
        raise ValueError(
            f'{place}: "{ALSO}" is {quoted(also)}: give a list of labels, beside the "emotion" '
            f"itself."
        )
    if label in also or len(set(also)) < len(also):
        raise ValueError(f'{place}: "{ALSO}" names a label of the turn again: leave it out.')
    others = equal_shares(also)
    return {label: PLAIN_SHARE} | {name: (1 - PLAIN_SHARE) * others[name] for name in also}
