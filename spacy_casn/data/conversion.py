"""From a source's dialogues to the DocBin files that training reads."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import spacy
from spacy.tokens import DocBin
from tqdm import tqdm

from ..files import replaced_when_whole
from . import dailydialog, jsonl
from .dialogue import make_dialogue
from .source import SPLITS, Dialogue, Problem, Splits


@dataclass
class Report:
    """What a conversion wrote, and what it repaired or left out."""

    problems: list[Problem]
    left_out: int = 0
    dialogues: dict[str, int] = field(default_factory=dict)
    emotions: dict[str, Counter[str]] = field(default_factory=dict)


def convert(
    source: Path, output: Path, *, leak_free: bool = False, checksums: bool = True
) -> Report:
    """Write `train.spacy`, `dev.spacy` and `test.spacy` into the folder `output`.

    Args:
        source: Folder with the official archives of DailyDialog, or with `train.jsonl`,
            `dev.jsonl` and `test.jsonl`.
        output: Folder to write into; nothing is written unless all could be read.
        leak_free: Leave out of train what also stands, word for word, in dev or test.
        checksums: Refuse archives of DailyDialog that aren't the official ones.

    Raises:
        ValueError: a file is missing or can't be read, with its place.
    """
    splits, problems = read_source(source, checksums=checksums)
    report = Report(problems)
    if leak_free:
        splits, report.left_out = without_leaks(splits)
    nlp = spacy.blank("en")
    packed = {}
    for split, dialogues in splits.items():
        docs = DocBin(attrs=["ORTH", "SPACY"])
        for dialogue in tqdm(dialogues, desc=f"Converting {split}", unit=" dialogues"):
            docs.add(
                make_dialogue(
                    nlp,
                    dialogue.turns,
                    speakers=dialogue.speakers,
                    emotions=dialogue.emotions,
                )
            )
        packed[split] = docs.to_bytes()
        report.dialogues[split] = len(dialogues)
        report.emotions[split] = Counter(
            emotion for dialogue in dialogues for emotion in dialogue.emotions
        )
    for split, data in packed.items():
        with replaced_when_whole(output / f"{split}.spacy") as temporary:
            temporary.write_bytes(data)
    return report


def read_source(source: Path, *, checksums: bool = True) -> tuple[Splits, list[Problem]]:
    """The dialogues of each split, and what was repaired; see `convert`."""
    if not source.is_dir():
        raise ValueError(
            f"No folder '{source}': for DailyDialog, fetch it with "
            f"`python -m spacy project assets`."
        )
    for kind in (dailydialog, jsonl):
        if any((source / name).exists() for name in kind.FILES.values()):
            missing = [name for name in kind.FILES.values() if not (source / name).is_file()]
            if missing:
                raise ValueError(f"'{source}' lacks {', '.join(missing)}.")
            break
    else:
        expected = ", ".join([*dailydialog.FILES.values(), *jsonl.FILES.values()])
        raise ValueError(f"'{source}' holds no corpus that can be read: none of {expected}.")
    if checksums and kind is dailydialog:
        dailydialog.verify(source)
    problems: list[Problem] = []
    splits = {split: list(kind.read(source, split, problems)) for split in SPLITS}
    return splits, problems


def without_leaks(splits: Splits) -> tuple[Splits, int]:
    """Train without the dialogues of dev and test, and how many were left out."""
    held_out = _texts(splits["dev"]) | _texts(splits["test"])
    train = [dialogue for dialogue in splits["train"] if tuple(dialogue.turns) not in held_out]
    return {**splits, "train": train}, len(splits["train"]) - len(train)


def _texts(dialogues: Iterable[Dialogue]) -> set[Sequence[str]]:
    return {tuple(dialogue.turns) for dialogue in dialogues}
