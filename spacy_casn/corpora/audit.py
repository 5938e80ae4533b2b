"""Look through a corpus of dialogues: what stands in it, and what is odd about it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import srsly
from spacy.vocab import Vocab

from ..data.dialogue import SPANS_KEY, line_turns
from ..formats import jsonl
from ..formats.faults import Faults
from ..formats.table import Columns
from ..storage.files import replaced_when_whole
from ..training.corpus import DOCBIN, msgpack_plugins_known, read_docs
from .conversion import read_source
from .source import SPLITS, Dialogue
from .statistics import SplitCounter, SplitStatistics


@dataclass(frozen=True)
class Audit:
    """What stands in a corpus.

    Args:
        source: The corpus.
        splits: Each split by its name.
        labels_seen_once: Labels of which the whole corpus has a single turn.
        labels_missing: For each split, the labels that only others have.
    """

    source: str
    splits: dict[str, SplitStatistics]
    labels_seen_once: list[str]
    labels_missing: dict[str, list[str]]


def audit(
    source: Path,
    output: Path | None = None,
    *,
    columns: Columns | None = None,
    spans_key: str = SPANS_KEY,
) -> Audit:
    """Look through a corpus; `.spacy` and `.jsonl` files are read dialogue by dialogue.

    Args:
        source: A `.spacy` or `.jsonl` file, a folder of `.spacy` files, or a folder that
            `convert` takes.
        output: JSON file to write.
        columns: Where what stands in tables; see `convert`.
        spans_key: Name of the span group in `.spacy` files.

    Raises:
        ValueError: there is no corpus, or something can't be read, with its place.
    """
    counters: dict[str, SplitCounter] = {}
    for split, dialogues in _splits(source, columns, spans_key).items():
        counters[split] = SplitCounter()
        for read in dialogues:
            counters[split].add(read.dialogue, misplaced=read.misplaced)
    total = sum((counter.labels for counter in counters.values()), Counter())
    result = Audit(
        str(source),
        {split: counter.statistics(counters) for split, counter in counters.items()},
        sorted(label for label, turns in total.items() if turns == 1),
        {split: sorted(total.keys() - found.labels.keys()) for split, found in counters.items()},
    )
    if output is not None:
        with replaced_when_whole(output) as temporary:
            srsly.write_json(temporary, asdict(result))
    return result


class _Read(NamedTuple):
    dialogue: Dialogue
    misplaced: bool = False


def _splits(source: Path, columns: Columns | None, spans_key: str) -> dict[str, Iterable[_Read]]:
    if source.is_file():
        if source.suffix == DOCBIN:
            return {source.stem: _from_docs(source, spans_key)}
        if source.suffix == ".jsonl":
            return {source.stem: map(_Read, jsonl.read_file(source, Faults()))}
        raise ValueError(
            f"'{source}' is neither a {DOCBIN} nor a .jsonl file: convert it first, with "
            f"`python -m spacy casn convert`."
        )
    files = {path.stem: path for path in source.glob(f"*{DOCBIN}")}
    if files and columns is None:
        names = [*filter(files.__contains__, SPLITS), *sorted(files.keys() - set(SPLITS))]
        return {name: _from_docs(files[name], spans_key) for name in names}
    splits = read_source(source, columns=columns, checksums=False)
    return {split: map(_Read, dialogues) for split, dialogues in splits.items()}


def _from_docs(path: Path, spans_key: str) -> Iterator[_Read]:
    with msgpack_plugins_known():
        for doc in read_docs(path, Vocab()):
            turns = list(doc.spans.get(spans_key, [])) or line_turns(doc)
            dialogue = Dialogue(
                [turn.text for turn in turns],
                [turn.id_ for turn in turns],
                [turn.label_ for turn in turns],
            )
            misplaced = any(turn.start == turn.end for turn in turns) or any(
                turn.start < before.end for before, turn in pairwise(turns)
            )
            yield _Read(dialogue, misplaced)
