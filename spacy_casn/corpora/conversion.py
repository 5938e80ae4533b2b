"""From a source's dialogues to the DocBin files that training reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import spacy
from spacy.tokens import DocBin
from tqdm import tqdm

from ..compat import msgpack_plugins_known
from ..data.dialogue import SPANS_KEY, make_dialogue
from ..data.types import CORPUS_ATTR, Dialogue
from ..formats.faults import Faults, OnError
from ..formats.records import Columns
from ..storage.files import replaced_when_whole
from ..storage.shown import listed
from . import files
from .corpus import Corpus, known, named
from .duplicates import dialogue_digest
from .labels import SHARED, LabelMap, Shares, check_known, labels_of, mapped, shares_of
from .source import Splits


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
    corpus: str | None = None,
    columns: Columns | None = None,
    shared_labels: bool = True,
    label_map: Mapping[str, str] | None = None,
    leak_free: bool = False,
    checksums: bool = True,
    on_error: OnError = "stop",
) -> Report:
    """Write the splits of a corpus into a folder, as `train.spacy` and so on.

    Each Doc's `doc.spans["turns"].attrs["corpus"]` is the corpus' name. Where turns have several
    labels, `attrs["scores"]` are their shares, float32 (turns, labels), in the order of
    `attrs["labels"]`, and each turn's own label is the most probable one; a turn that has none
    has equal shares.

    Args:
        source: Folder with the files of a known corpus, or with files of any format that can be
            read, called train, dev and test; or one such file, which becomes test unless it is
            called otherwise.
        output: Folder to write into; nothing is written unless all could be read.
        corpus: The name of a known corpus, None to tell it by its files.
        columns: Where what stands in the tables; None where their format says.
        shared_labels: Whether a known corpus gets the seven labels that all share, rather than
            its own.
        label_map: New names of emotions; "" leaves their turns unlabelled.
        leak_free: Leave out of train what also stands, word for word, in dev or test.
        checksums: Refuse files of a known corpus that aren't the official ones.
        on_error: What a line, row or dialogue that can't be read leads to; see `Faults`.

    Raises:
        ValueError: a file is missing or can't be read, with its place, a label is none that the
            corpus is known to have, or no turn has an emotion of the label map.
    """
    packed = {}
    with Faults(on_error, output / "convert") as faults:
        report = Report(faults)
        found = corpus_in(source, corpus, columns=columns)
        splits = read_corpus(found, source, faults, checksums=checksums)
        labels: set[str] = set()
        if shared_labels and found.labels:
            labels |= set(SHARED)
            splits = with_shared_labels(splits, found, faults)
        if label_map:
            labels = {name for label in labels if (name := label_map.get(label, label))}
            splits = relabelled(splits, label_map)
        if leak_free:
            splits, report.leaked = without_leaks(splits)
        everyone = [dialogue for dialogues in splits.values() for dialogue in dialogues]
        soft = any(dialogue.shares for dialogue in everyone)
        names = sorted(labels | labels_of(everyone)) if soft else []
        for split, dialogues in splits.items():
            with msgpack_plugins_known():
                docs, kept = _docs(split, dialogues, found.name, names, faults)
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


def _docs(
    split: str, dialogues: list[Dialogue], corpus: str, labels: Sequence[str], faults: Faults
) -> tuple[DocBin, list[Dialogue]]:
    """Return the Docs of a split, and the dialogues that could be made into them.

    Turns get shares of the labels, if there are any.
    """
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
        attrs = doc.spans[SPANS_KEY].attrs
        attrs[CORPUS_ATTR] = corpus
        if labels:
            attrs["scores"] = np.array(
                [_row(shares, labels) for shares in shares_of(dialogue)], "float32"
            )
            attrs["labels"] = list(labels)
        docs.add(doc)
        kept.append(dialogue)
    return docs, kept


def _row(shares: Shares, labels: Sequence[str]) -> list[float]:
    if not shares:
        return [1 / len(labels)] * len(labels)
    return [shares.get(label, 0.0) for label in labels]


def corpus_in(folder: Path, name: str | None = None, *, columns: Columns | None = None) -> Corpus:
    """Return the corpus that lies in a folder.

    Args:
        folder: Where its files are, or one file.
        name: Of a known corpus, None to tell it by its files.
        columns: Where what stands, if they are tables.

    Raises:
        ValueError: there is no such folder or corpus, or it lacks a file.
    """
    if folder.is_file() and name is None:
        return files.corpus_of(folder, columns)
    if not folder.is_dir():
        raise ValueError(
            f"No folder '{folder}': for DailyDialog, fetch it with "
            f"`python -m spacy project assets`."
        )
    if columns is not None:
        if name is not None:
            raise ValueError(
                f"'{folder}' can't be both the corpus '{name}' and tables with columns of your "
                f"own: give one of the two."
            )
        return files.corpus_in(folder, columns)
    if name is not None:
        return _complete(named(name), folder)
    told = [corpus for corpus in known().values() if corpus.told_by is None]
    for corpus in known().values():
        if not corpus.missing(folder) and (corpus.told_by is None or corpus.told_by(folder)):
            return corpus
    try:
        return files.corpus_in(folder)
    except ValueError:
        for corpus in told:
            if len(corpus.missing(folder)) < len(corpus.file_names()):
                return _complete(corpus, folder)
        raise


def _complete(corpus: Corpus, folder: Path) -> Corpus:
    if missing := corpus.missing(folder):
        raise ValueError(f"'{folder}' lacks {', '.join(missing)} of {corpus.title}: put it there.")
    return corpus


def read_source(
    source: Path,
    faults: Faults | None = None,
    *,
    columns: Columns | None = None,
    checksums: bool = True,
) -> Splits:
    """Return the dialogues of each split of what lies in a folder; see `convert`."""
    return read_corpus(corpus_in(source, columns=columns), source, faults, checksums=checksums)


def read_corpus(
    corpus: Corpus, folder: Path, faults: Faults | None = None, *, checksums: bool = True
) -> Splits:
    """Return the dialogues of each split, with the corpus' own labels.

    `faults` hears of what can't be read, and of repairs; by default the first raises.

    Raises:
        ValueError: a file can't be read, or `checksums` are asked for and one is another.
    """
    if checksums:
        corpus.verify(folder)
    faults = faults or Faults()
    return {split: list(corpus.read(folder, split, faults)) for split in corpus.files}


def with_shared_labels(splits: Splits, corpus: Corpus, faults: Faults) -> Splits:
    """Return the dialogues with what the corpus' labels say about the shared ones.

    A dialogue with a label that its label map lacks goes to `faults`.
    """
    found: Splits = {}
    for split, dialogues in splits.items():
        found[split] = []
        for dialogue in dialogues:
            try:
                check_known(dialogue, corpus.labels, corpus.title)
            except ValueError as error:
                faults.add(error, dialogue.content())
                continue
            found[split].append(mapped(dialogue, corpus.labels))
    return found


def relabelled(splits: Splits, names: Mapping[str, str]) -> Splits:
    """Return the dialogues with emotions renamed, "" for none.

    Raises:
        ValueError: no turn has the emotion that is to be renamed.
    """
    found = {label for dialogues in splits.values() for label in labels_of(dialogues)}
    if unknown := sorted(names.keys() - found):
        raise ValueError(
            f"No turn has the emotion '{unknown[0]}', which is to be renamed: give one that the "
            f"corpus has: {listed(sorted(found))}."
        )
    label_map: LabelMap = {old: {new: 1.0} if new else {} for old, new in names.items()}
    return {
        split: [mapped(dialogue, label_map) for dialogue in dialogues]
        for split, dialogues in splits.items()
    }


def without_leaks(splits: Splits) -> tuple[Splits, int]:
    """Return train without the dialogues of dev and test, and how many were left out."""
    if "train" not in splits:
        return splits, 0
    held_out = {
        dialogue_digest(dialogue.turns)
        for split, dialogues in splits.items()
        if split != "train"
        for dialogue in dialogues
    }
    train = [d for d in splits["train"] if dialogue_digest(d.turns) not in held_out]
    return {**splits, "train": train}, len(splits["train"]) - len(train)
