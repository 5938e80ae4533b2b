"""Labels that a trained component learns from a few examples, without training."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab
from torch.nn import functional as F

from ..data.dialogue import check_emotion, clean_turn, one_turn
from ..data.inputs import as_list
from ..data.types import Dialogues, Turns, Vectors
from ..objectives.prototypes import Prototypes
from ..scoring.calibration import fit_temperature
from .annotations import row_of

TEMPERATURE = 0.1
"""Of the cosines' softmax, where there are too few examples to fit it."""


@dataclass(frozen=True)
class LearnedLabels:
    """Labels as prototypes: a turn's label is the one whose prototype is nearest by cosine.

    Snell et al. 2017, Prototypical Networks for Few-shot Learning.

    Args:
        labels: Their names.
        prototypes: (labels, width), unit vectors.
        temperature: Of the softmax that makes probabilities of the cosines.
    """

    labels: tuple[str, ...]
    prototypes: Vectors
    temperature: float

    @classmethod
    def learn(cls, labels: Iterable[str], vectors: Vectors, classes: list[int]) -> "LearnedLabels":
        """Learn from the vectors of labelled turns.

        The temperature is fitted on the turns, each held against prototypes that are made
        without it, if every label has two turns or more.

        Args:
            labels: Their names.
            vectors: (turns, width).
            classes: (turns,), indices into `labels`; each occurs.
        """
        names = tuple(labels)
        turns, gold = torch.from_numpy(vectors), torch.tensor(classes)
        known = Prototypes(turns, gold, len(names))
        temperature = TEMPERATURE
        if known.counts.min() >= 2:
            left_out = _cosines_left_out(turns, gold, len(names))
            temperature = fit_temperature(left_out.numpy(), gold.numpy())
        return cls(names, known.prototypes.numpy(), temperature)

    def logits(self, vectors: Vectors) -> Vectors:
        """Compute (turns, width) -> (turns, labels)."""
        norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return (vectors / norms) @ self.prototypes.T / np.float32(self.temperature)

    def to_cfg(self) -> dict[str, Any]:
        """Return it as a component's settings hold it."""
        return {
            "labels": list(self.labels),
            "prototypes": self.prototypes.tolist(),
            "temperature": self.temperature,
        }

    @classmethod
    def from_cfg(cls, cfg: dict[str, Any]) -> "LearnedLabels":
        """Read what `to_cfg` gave."""
        prototypes = np.array(cfg["prototypes"], dtype=np.float32)
        return cls(tuple(cfg["labels"]), prototypes, cfg["temperature"])


class KnownLabels:
    """The labels that a component decides among: those of training, or those it has learned.

    Args:
        name: The component's name.
        cfg: Its settings, where all labels are kept.
    """

    def __init__(self, name: str, cfg: dict[str, Any]) -> None:
        self.name = name
        self.cfg = cfg

    @property
    def trained(self) -> tuple[str, ...]:
        """Those that training knows."""
        return tuple(self.cfg["labels"])

    @property
    def learned(self) -> LearnedLabels | None:
        """Those learned from examples; None where the trained ones are in use."""
        learned = self.cfg.get("learned")
        if learned is None or self.cfg.get("use_labels") != "learned":
            return None
        return LearnedLabels.from_cfg(learned)

    @property
    def names(self) -> tuple[str, ...]:
        """Those in use, in the order of the scores."""
        learned = self.learned
        return self.trained if learned is None else learned.labels

    def use(self, which: Literal["trained", "learned"]) -> None:
        """Decide among the trained labels or the learned ones; see `CasnEmotion.use_labels`."""
        if which not in ("trained", "learned"):
            raise ValueError(f"use_labels('{which}'): give 'trained' or 'learned'.")
        if which == "learned" and not self.cfg.get("learned"):
            raise ValueError(f"'{self.name}' has learned no labels yet: call learn_labels first.")
        self.cfg["use_labels"] = which

    def learn(
        self,
        examples: Mapping[str, Iterable[str | Span]],
        read: Callable[[Iterable[Doc]], Dialogues],
        vectors: Callable[[Iterable[Turns]], Iterator[Vectors]],
    ) -> None:
        """Learn labels from examples, and use them; see `CasnEmotion.learn_labels`.

        Args:
            examples: Turns for each label.
            read: Gives the turns of Docs.
            vectors: Gives the contextual vectors of dialogues' turns.
        """
        pairs = check_examples(examples)
        docs = {id(turn.doc): turn.doc for _, turn in pairs if isinstance(turn, Span)}
        turns = dict(zip(docs, read(docs.values()), strict=True))
        in_docs = dict(zip(docs, vectors(turns.values()), strict=True))
        said = (clean_turn(turn) for _, turn in pairs if isinstance(turn, str))
        alone = vectors(Turns([one_turn(Vocab(), text)]) for text in said)
        rows = [
            next(alone)[0]
            if isinstance(turn, str)
            else in_docs[id(turn.doc)][row_of(turn, turns[id(turn.doc)])]
            for _, turn in pairs
        ]
        names = list(examples)
        classes = [names.index(label) for label, _ in pairs]
        self.cfg["learned"] = LearnedLabels.learn(names, np.stack(rows), classes).to_cfg()
        self.use("learned")


def check_examples(examples: Mapping[str, Iterable[str | Span]]) -> list[tuple[str, str | Span]]:
    """Return each example with its label.

    Raises:
        ValueError: fewer than two labels, one without a name or with half a character in it,
            or one without examples.
    """
    if len(examples) < 2:
        raise ValueError(f"Only the labels {list(examples)} are given: give examples of two.")
    pairs: list[tuple[str, str | Span]] = []
    for label, turns in examples.items():
        if isinstance(turns, str | Span):
            turns = [turns]
        given = as_list(turns, f"examples[{label!r}]")
        if not label or not given:
            raise ValueError(
                f"The label '{label}' has {len(given)} examples: give each label a name, and "
                f"one labelled turn or more."
            )
        for number, turn in enumerate(given, 1):
            if not isinstance(turn, str | Span):
                raise ValueError(
                    f"Example {number} of the label '{label}' is of type {type(turn).__name__}: "
                    f"give a text, or a span of a Doc."
                )
        check_emotion(label, "to be learned")
        pairs += [(label, turn) for turn in given]
    return pairs


def _cosines_left_out(turns: torch.Tensor, gold: torch.Tensor, n_labels: int) -> torch.Tensor:
    """Return each turn's cosines to prototypes of the other turns, (turns, labels)."""
    units = F.normalize(turns, dim=1)
    members = F.one_hot(gold, n_labels).to(units.dtype)
    sums = (members.T @ units).expand(len(turns), -1, -1)
    others = F.normalize(sums - members[:, :, None] * units[:, None, :], dim=2)
    return torch.einsum("tlw,tw->tl", others, units)
