"""From a source's dialogues to the DocBin files that training reads."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import spacy
from spacy.tokens import DocBin
from tqdm import tqdm

from ..data.dialogue import make_dialogue
from ..data.types import Dialogue
from ..formats.faults import Faults, OnError
from ..formats.records import Columns
from ..storage.files import replaced_when_whole
from . import dailydialog, meld
from .duplicates import dialogue_digest
from .files import files_in
from .source import SPLITS, Source, Splits, verify

SOURCES: tuple[Source, ...] = (dailydialog, meld.SOURCE)


@dataclass
class Report:
    """What a conversion wrote, and what it repaired or left out.

    Args:
        faults: What was repaired, and what was left out since it can't be read.
        leaked: Dialogues left out of train since they also stand in dev or test.
        dialogues: Of each split.
        emotions: How often each occurs, for each split.
    """

    faults: Faults
    leaked: int = 0
    dialogues: dict[str, int] = field(default_factory=dict)
    emotions: dict[str, Counter[str]] = field(default_factory=dict)


def convert(
    source: Path,
    output: Path,
    *,
    columns: Columns | None = None,
    label_map: Mapping[str, str] | None = None,
    leak_free: bool = False,
    checksums: bool = True,
    on_error: OnError = "stop",
) -> Report:
    """Write `train.spacy`, `dev.spacy` and `test.spacy` into the folder `output`.

    Args:
        source: Folder with the official files of DailyDialog or MELD, or with files of any
            format that can be read, called train, dev and test.
        output: Folder to write into; nothing is written unless all could be read.
        columns: Where what stands in the tables; None where their format says.
        label_map: New names of emotions; "" leaves their turns unlabelled.
        leak_free: Leave out of train what also stands, word for word, in dev or test.
        checksums: Refuse files of DailyDialog and MELD that aren't the official ones.
        on_error: What a line, row or dialogue that can't be read leads to; see `Faults`.

    Raises:
        ValueError: a file is missing or can't be read, with its place, or no turn has an
            emotion of the label map.
    """
    packed = {}
    with Faults(on_error, output / "convert") as faults:
        report = Report(faults)
        splits = read_source(source, faults, columns=columns, checksums=checksums)
        if label_map:
            splits = relabelled(splits, label_map)
        if leak_free:
            splits, report.leaked = without_leaks(splits)
        for split, dialogues in splits.items():
            docs, kept = _docs(split, dialogues, faults)
            packed[split] = docs.to_bytes()
            report.dialogues[split] = len(kept)
            report.emotions[split] = Counter(
                emotion for dialogue in kept for emotion in dialogue.emotions
            )
        faults.check()
    for split, data in packed.items():
        with replaced_when_whole(output / f"{split}.spacy") as temporary:
            temporary.write_bytes(data)
    return report


def _docs(split: str, dialogues: list[Dialogue], faults: Faults) -> tuple[DocBin, list[Dialogue]]:
    """The Docs of a split, and the dialogues that could be made into them."""
    nlp = spacy.blank("en")
    docs = DocBin(attrs=["ORTH", "SPACY"])
    kept = []
    for dialogue in tqdm(dialogues, desc=f"Converting {split}", unit=" dialogues"):
        try:
            doc = make_dialogue(
                nlp, dialogue.turns, speakers=dialogue.speakers, emotions=dialogue.emotions
            )
        except ValueError as error:
            faults.add(ValueError(f"{dialogue.place}: {error}"), dialogue.content())
            continue
        docs.add(doc)
        kept.append(dialogue)
    return docs, kept


def read_source(
    source: Path,
    faults: Faults | None = None,
    *,
    columns: Columns | None = None,
    checksums: bool = True,
) -> Splits:
    """The dialogues of each split; see `convert`.

    `faults` hears of what can't be read, and of repairs; by default the first raises.
    """
    if not source.is_dir():
        raise ValueError(
            f"No folder '{source}': for DailyDialog, fetch it with "
            f"`python -m spacy project assets`."
        )
    kind = _kind(source) if columns is None else files_in(source, columns)
    if checksums:
        verify(kind, source)
    faults = faults or Faults()
    return {split: list(kind.read(source, split, faults)) for split in SPLITS}


def _kind(source: Path) -> Source:
    for kind in SOURCES:
        if any((source / name).exists() for name in kind.FILES.values()):
            missing = [name for name in kind.FILES.values() if not (source / name).is_file()]
            if missing:
                raise ValueError(f"'{source}' lacks {', '.join(missing)}: put it there.")
            return kind
    return files_in(source)


def relabelled(splits: Splits, label_map: Mapping[str, str]) -> Splits:
    """The dialogues with emotions renamed.

    Raises:
        ValueError: no turn has the emotion that is to be renamed.
    """
    found = {label for dialogues in splits.values() for d in dialogues for label in d.emotions}
    if unknown := sorted(set(label_map) - found):
        raise ValueError(
            f"No turn has the emotion '{unknown[0]}', which is to be renamed: give one that the "
            f"corpus has: {', '.join(sorted(found - {''})) or 'none'}."
        )
    return {
        split: [
            replace(dialogue, emotions=[label_map.get(name, name) for name in dialogue.emotions])
            for dialogue in dialogues
        ]
        for split, dialogues in splits.items()
    }


def without_leaks(splits: Splits) -> tuple[Splits, int]:
    """Train without the dialogues of dev and test, and how many were left out."""
    held_out = {dialogue_digest(d.turns) for split in ("dev", "test") for d in splits[split]}
    train = [d for d in splits["train"] if dialogue_digest(d.turns) not in held_out]
    return {**splits, "train": train}, len(splits["train"]) - len(train)
