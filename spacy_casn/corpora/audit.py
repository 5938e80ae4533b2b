"""Look through a corpus of dialogues: what stands in it, and what is odd about it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..data.dialogue import SPANS_KEY
from ..data.types import Dialogue
from ..formats.docbin import ENDING
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from ..storage import strict_json
from ..storage.files import replaced_when_whole
from .conversion import read_source
from .source import SPLITS
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
    """Look through a corpus; a file is read dialogue by dialogue.

    Args:
        source: A file of any format that can be read, a folder of `.spacy` files, or a folder
            that `convert` takes.
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
            counters[split].add(read, misplaced=_misplaced(read, spans_key))
    total = sum((counter.labels for counter in counters.values()), Counter())
    result = Audit(
        str(source),
        {split: counter.statistics(counters) for split, counter in counters.items()},
        sorted(label for label, turns in total.items() if turns == 1),
        {split: sorted(total.keys() - found.labels.keys()) for split, found in counters.items()},
    )
    if output is not None:
        with replaced_when_whole(output) as temporary:
            strict_json.write(temporary, asdict(result))
    return result


def _splits(source: Path, columns: Columns | None, spans_key: str) -> dict[str, Iterable[Dialogue]]:
    if source.is_file():
        return {source.stem: _read(source, columns, spans_key)}
    files = {path.stem: path for path in source.glob(f"*{ENDING}")}
    if files and columns is None:
        names = [*filter(files.__contains__, SPLITS), *sorted(files.keys() - set(SPLITS))]
        return {name: _read(files[name], None, spans_key) for name in names}
    return {**read_source(source, columns=columns, checksums=False)}


def _read(path: Path, columns: Columns | None, spans_key: str) -> Iterable[Dialogue]:
    return read_file(path, Faults(), columns=columns, spans_key=spans_key)


def _misplaced(dialogue: Dialogue, spans_key: str) -> bool:
    """Return whether a Doc's turns overlap, are empty or stand out of order."""
    if dialogue.packed is None:
        return False
    doc = Doc(Vocab()).from_bytes(dialogue.packed)
    turns = list(doc.spans.get(spans_key, []))
    return any(turn.start == turn.end for turn in turns) or any(
        turn.start < before.end for before, turn in pairwise(turns)
    )
