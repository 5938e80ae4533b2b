"""Counts over the dialogues of a corpus's split, taken one after the other."""

import re
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..data.types import Dialogue
from .duplicates import dialogue_digest, letters

NO_TURNS = "without turns"
ONE_TURN = "of one turn"
WORDLESS = "with turns without words"
MISPLACED = "with turns that overlap or are out of order"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True)
class Spread:
    """Some numbers in short."""

    minimum: int
    median: float
    mean: float
    maximum: int


@dataclass(frozen=True)
class LabelCount:
    """How many turns have a label, and which share of the labelled ones that is, 0 to 1."""

    turns: int
    share: float


@dataclass(frozen=True)
class SpeakerCounts:
    """Who is named.

    Args:
        names: Distinct names in the split.
        named_turns: Turns that name their speaker.
        named_dialogues: Dialogues in which each turn does.
        partly_named_dialogues: Dialogues in which some turns do.
        per_dialogue: Distinct names in a dialogue that has any; None where none has.
    """

    names: int
    named_turns: int
    named_dialogues: int
    partly_named_dialogues: int
    per_dialogue: Spread | None


@dataclass(frozen=True)
class SplitStatistics:
    """What stands in one split; dialogues are numbered from 1.

    Args:
        dialogues: How many.
        turns: How many.
        unlabelled: Turns without label.
        labels: Those of the labelled turns, in alphabetical order.
        turns_per_dialogue: None without dialogues.
        words_per_turn: None without turns.
        speakers: Who is named.
        repeated_turns: Turns with the letters of an earlier turn of the split, see `letters`.
        echoes: Turns with the letters of the turn just before them.
        malformed: The numbers of the dialogues that are odd, by what is odd about them.
        repeated: The numbers of the dialogues that also stand, word for word, in another split
            or, under the split's own name, earlier in it.
        nearly_repeated: As `repeated`, the numbers of further ones that differ only in case, spaces
            or punctuation.
    """

    dialogues: int
    turns: int
    unlabelled: int
    labels: dict[str, LabelCount]
    turns_per_dialogue: Spread | None
    words_per_turn: Spread | None
    speakers: SpeakerCounts
    repeated_turns: int
    echoes: int
    malformed: dict[str, list[int]]
    repeated: dict[str, list[int]]
    nearly_repeated: dict[str, list[int]]


class SplitCounter:
    """Counts the dialogues of one split.

    Of a dialogue and of a turn only a sum and its length are kept.
    """

    def __init__(self) -> None:
        self.labels: Counter[str] = Counter()
        self._turns_per_dialogue = array("L")
        self._words_per_turn = array("L")
        self._names_per_dialogue = array("L")
        self._names: set[str] = set()
        self._named_turns = 0
        self._named_dialogues = 0
        self._digests: list[bytes] = []
        self._near_digests: list[bytes] = []
        self._distinct_turns: set[int] = set()
        self._echoes = 0
        self._malformed: dict[str, list[int]] = {
            kind: [] for kind in (NO_TURNS, ONE_TURN, WORDLESS, MISPLACED)
        }

    def add(self, dialogue: Dialogue, *, misplaced: bool = False) -> None:
        """Count a dialogue; `misplaced` says that its turns overlap or are out of order."""
        texts = [letters(turn) for turn in dialogue.turns]
        words = [len(_WORD.findall(turn)) for turn in dialogue.turns]
        self._turns_per_dialogue.append(len(texts))
        self._words_per_turn.extend(words)
        self.labels.update(filter(None, dialogue.emotions))
        if named := list(filter(None, dialogue.speakers)):
            self._names.update(named)
            self._names_per_dialogue.append(len(set(named)))
            self._named_turns += len(named)
            self._named_dialogues += len(named) == len(texts)
        self._digests.append(dialogue_digest(dialogue.turns) if texts else b"")
        self._near_digests.append(dialogue_digest(texts) if texts else b"")
        self._distinct_turns.update(map(hash, texts))
        self._echoes += sum(before == text for before, text in pairwise(texts))
        for kind, found in (
            (NO_TURNS, not texts),
            (ONE_TURN, len(texts) == 1),
            (WORDLESS, 0 in words),
            (MISPLACED, misplaced),
        ):
            if found:
                self._malformed[kind].append(len(self._turns_per_dialogue))

    def statistics(self, splits: Mapping[str, "SplitCounter"]) -> SplitStatistics:
        """Return what was counted; `splits` are all of the corpus, this one among them."""
        turns, labelled = len(self._words_per_turn), self.labels.total()
        repeated = {
            name: _repeated(self._digests, other._digests) for name, other in splits.items()
        }
        return SplitStatistics(
            dialogues=len(self._turns_per_dialogue),
            turns=turns,
            unlabelled=turns - labelled,
            labels={
                label: LabelCount(count, count / labelled)
                for label, count in sorted(self.labels.items())
            },
            turns_per_dialogue=_spread(self._turns_per_dialogue),
            words_per_turn=_spread(self._words_per_turn),
            speakers=SpeakerCounts(
                names=len(self._names),
                named_turns=self._named_turns,
                named_dialogues=self._named_dialogues,
                partly_named_dialogues=len(self._names_per_dialogue) - self._named_dialogues,
                per_dialogue=_spread(self._names_per_dialogue),
            ),
            repeated_turns=turns - len(self._distinct_turns),
            echoes=self._echoes,
            malformed=self._malformed,
            repeated=repeated,
            nearly_repeated={
                name: sorted(
                    {*_repeated(self._near_digests, other._near_digests)}.difference(repeated[name])
                )
                for name, other in splits.items()
            },
        )


def _repeated(digests: list[bytes], others: list[bytes]) -> list[int]:
    """Return the numbers of those that stand in the other list, or stood before in the same."""
    seen = set() if others is digests else set(filter(None, others))
    found = []
    for number, digest in enumerate(digests, 1):
        if digest in seen:
            found.append(number)
        if digest and others is digests:
            seen.add(digest)
    return found


def _spread(numbers: array) -> Spread | None:
    if not numbers:
        return None
    values = np.asarray(numbers)
    return Spread(
        int(values.min()), float(np.median(values)), float(values.mean()), int(values.max())
    )
