"""Several corpora trained together: their reader, their batches, and their labels' shares."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.training import Example

from ..data.dialogue import SPANS_KEY
from ..data.types import CORPUS_ATTR
from .corpus import DialogueCorpus


class JointCorpus:
    """Examples of several corpora, one after the other.

    Each gold Doc's group of spans holds its corpus' name, by which its batches and its prior
    are found.

    Args:
        folders: Where each corpus lies, by its name; those that are None are left out.
        split: The split to read: `SPLIT.spacy` in each folder.
        reliability: Of a corpus' labels, above 0 and at most 1, by its name; 1 where nothing
            is said. What is missing to 1 goes to all labels as often as the corpus has them.
        spans_key: Name of the span group.

    Raises:
        ValueError: there is no corpus, or a reliability is out of its range or of no corpus.
    """

    def __init__(
        self,
        folders: Mapping[str, Path | None],
        split: str,
        *,
        reliability: Mapping[str, float] | None = None,
        spans_key: str = SPANS_KEY,
    ) -> None:
        given = {name: folder for name, folder in folders.items() if folder is not None}
        if not given:
            raise ValueError(
                "spacy_casn.JointCorpus.v1 has no folders: give at least one, such as "
                "--paths.everyday corpus/everyday."
            )
        self.reliability = dict(reliability or {})
        for name, share in self.reliability.items():
            if name not in folders or not 0 < share <= 1:
                raise ValueError(
                    f"reliability.{name} = {share} of spacy_casn.JointCorpus.v1 must be above 0, "
                    f"at most 1, and of one of {', '.join(folders)}."
                )
        self.spans_key = spans_key
        self._readers = {
            name: DialogueCorpus(folder / f"{split}.spacy", spans_key=spans_key)
            for name, folder in given.items()
        }

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Yield the dialogues; raises ValueError as `DialogueCorpus` does."""
        for name, reader in self._readers.items():
            examples = list(reader(nlp))
            for example in examples:
                if self.spans_key in example.reference.spans:
                    example.reference.spans[self.spans_key].attrs[CORPUS_ATTR] = name
            if self.reliability.get(name, 1) < 1:
                _soften(examples, self.reliability[name], self.spans_key)
            yield from examples


class JointDialogues:
    """Batches in which each corpus has its share of the turns.

    An epoch has as many turns as the corpora together; a small corpus comes several times in it,
    a large one in part. Each corpus is gone through whole before it begins anew.

    Args:
        size: Turns a batch.
        power: A corpus' share is its number of turns ** `power`: 1 leaves the corpora as they
            are, 0 makes them equal.
        weights: What a corpus' share is multiplied by, by its name; 1 where nothing is said.
        seed: Of the order.
        spans_key: Name of the span group.

    Raises:
        ValueError: a setting is out of its range.
    """

    def __init__(
        self,
        size: int,
        *,
        power: float = 0.5,
        weights: Mapping[str, float] | None = None,
        seed: int = 0,
        spans_key: str = SPANS_KEY,
    ) -> None:
        self.weights = dict(weights or {})
        if size < 1 or not 0 <= power <= 1 or any(w <= 0 for w in self.weights.values()):
            raise ValueError(
                f"size = {size} must be at least 1, power = {power} from 0 to 1, and weights = "
                f"{self.weights} above 0."
            )
        self.size = size
        self.power = power
        self.spans_key = spans_key
        self.rng = np.random.default_rng(seed)
        self._waiting: dict[str, list[int]] = defaultdict(list)

    def __call__(self, examples: Iterable[Example]) -> Iterator[list[Example]]:
        """Yield an epoch of batches; raises ValueError for a weight of no corpus."""
        by_corpus: dict[str, list[Example]] = defaultdict(list)
        turns: Counter[str] = Counter()
        for example in examples:
            name = corpus_of(example, self.spans_key)
            by_corpus[name].append(example)
            turns[name] += n_turns(example, self.spans_key)
        if unknown := self.weights.keys() - by_corpus.keys():
            raise ValueError(
                f"weights.{min(unknown)} of spacy_casn.joint_dialogues.v1 is of no corpus that is "
                f"trained on: name one of {', '.join(sorted(by_corpus))}."
            )
        sizes = {name: n**self.power * self.weights.get(name, 1) for name, n in turns.items() if n}
        total = sum(sizes.values())
        owed = dict.fromkeys(sizes, 0.0)
        for _ in range(max(1, round(sum(turns.values()) / self.size))):
            batch: list[Example] = []
            for name, size in sizes.items():
                owed[name] += self.size * size / total
                while owed[name] > 0:
                    example = self._next(name, by_corpus[name])
                    batch.append(example)
                    owed[name] -= max(1, n_turns(example, self.spans_key))
            self.rng.shuffle(batch)
            yield batch

    def _next(self, name: str, examples: list[Example]) -> Example:
        waiting = self._waiting[name]
        if not waiting:
            waiting += self.rng.permutation(len(examples)).tolist()
        return examples[waiting.pop()]


def corpus_of(example: Example, spans_key: str) -> str:
    """Return the name of the corpus that a gold dialogue comes from, "" if it isn't said."""
    turns = example.reference.spans.get(spans_key)
    return "" if turns is None else turns.attrs.get(CORPUS_ATTR, "")


def n_turns(example: Example, spans_key: str) -> int:
    """Count the gold turns."""
    return len(example.reference.spans.get(spans_key, []))


def label_shares(
    examples: Iterable[Example], labels: Sequence[str], spans_key: str
) -> tuple[dict[str, NDArray[np.float64]], dict[str, int]]:
    """Return each corpus' share of each label, (labels,), and its number of labelled turns.

    A turn that has shares of labels counts with them. A label that a corpus lacks gets half a
    turn, so that no prior is 0.
    """
    index = {label: row for row, label in enumerate(labels)}
    sums: dict[str, NDArray[np.float64]] = {}
    for example in examples:
        group = example.reference.spans.get(spans_key, [])
        counts = sums.setdefault(corpus_of(example, spans_key), np.zeros(len(labels)))
        if len(group) and set(group.attrs.get("labels", ())) == set(labels):
            columns = [group.attrs["labels"].index(label) for label in labels]
            rows = [row for row, turn in enumerate(group) if turn.label_]
            counts += group.attrs["scores"][rows][:, columns].sum(axis=0)
        else:
            for turn in group:
                if turn.label_:
                    counts[index[turn.label_]] += 1
    return (
        {name: (counts + 0.5) / (counts + 0.5).sum() for name, counts in sums.items()},
        {name: round(float(counts.sum())) for name, counts in sums.items()},
    )


def _soften(examples: Sequence[Example], reliability: float, spans_key: str) -> None:
    labels = sorted({turn.label_ for each in examples for turn in _turns(each, spans_key)} - {""})
    (prior,) = label_shares(examples, labels, spans_key)[0].values()
    for example in examples:
        group = example.reference.spans.get(spans_key)
        if group is None:
            continue
        names = list(group.attrs.get("labels", labels))
        if "scores" in group.attrs:
            known = np.array(group.attrs["scores"], dtype=np.float32)
        else:
            known = np.zeros((len(group), len(names)), dtype=np.float32)
            for row, turn in enumerate(group):
                if turn.label_:
                    known[row, names.index(turn.label_)] = 1
        mean = np.array(
            [prior[labels.index(name)] if name in labels else 0.0 for name in names], np.float32
        )
        soft = reliability * known + (1 - reliability) * mean
        group.attrs |= {"scores": soft.astype(np.float32), "labels": names}


def _turns(example: Example, spans_key: str) -> Iterable:
    return example.reference.spans.get(spans_key, [])


def make_joint_corpus_v1(
    folders: dict[str, Path | str | None],
    split: str = "train",
    reliability: dict[str, float] | None = None,
    spans_key: str = SPANS_KEY,
) -> Callable[[Language], Iterator[Example]]:
    """Make `spacy_casn.JointCorpus.v1`; see `JointCorpus`."""
    paths = {name: None if folder is None else Path(folder) for name, folder in folders.items()}
    return JointCorpus(paths, split, reliability=reliability, spans_key=spans_key)


def make_joint_dialogues_v1(
    size: int = 512,
    power: float = 0.5,
    weights: dict[str, float] | None = None,
    seed: int = 0,
    spans_key: str = SPANS_KEY,
) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
    """Make `spacy_casn.joint_dialogues.v1`; see `JointDialogues`."""
    return JointDialogues(size, power=power, weights=weights, seed=seed, spans_key=spans_key)
