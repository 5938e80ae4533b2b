"""What passes from room to room: dialogues as they are read, and what the model says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Span
from thinc.types import Floats2d


class Turns(list[Span]):
    """The turns of a dialogue, in order."""

    @cached_property
    def texts(self) -> list[str]:
        """What is said in each: their `text`, found by one walk over the Doc's words."""
        whole = self[0].doc.text if self else ""
        return [whole[turn.start_char : turn.end_char] for turn in self]


Dialogues = list[Turns]
"""A batch of dialogues."""
Vectors = NDArray[np.float32]
"""One vector a turn, (turns, width), or that of one turn, (width,)."""
Scores = NDArray[np.float32]
"""One probability a label, (turns, labels), or those of one turn, (labels,)."""


CORPUS_ATTR = "corpus"
"""Where a group of gold turns names the corpus that its dialogue comes from."""


@dataclass(frozen=True)
class Turn:
    """One turn as it is read; see `Dialogue` for what each part means."""

    text: str
    speaker: str = ""
    emotion: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialogue:
    """One dialogue as it is read, turn by turn.

    Args:
        turns: What is said; "" where nothing is.
        speakers: Who says it, "" where unknown.
        emotions: The label, "" where there is none.
        place: Where it was read, for errors.
        name: What tells it apart from the others of a file.
        fields: What else is known of each turn, such as times, by name; it is written out again.
            Empty where there is nothing at all.
        keys: What else is known of the dialogue as a whole, by name.
        shares: The labels of each turn with their shares, which add up to 1, and none for a turn
            without; empty where no turn has more than one label. Its emotion is then the most
            probable one.
        order: Where each turn stood in its table, counted from 0, if rows were sorted.
        packed: `Doc.to_bytes`, where the dialogue was a Doc: its words and annotations stay.
    """

    turns: list[str]
    speakers: list[str]
    emotions: list[str]
    place: str = field(default="", compare=False)
    name: str = field(default="", compare=False)
    fields: Sequence[dict[str, Any]] = field(default=(), compare=False)
    keys: dict[str, Any] = field(default_factory=dict, compare=False)
    shares: Sequence[Mapping[str, float]] = ()
    order: Sequence[int] = field(default=(), compare=False)
    packed: bytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        turns: Iterable[Turn],
        *,
        place: str = "",
        name: str = "",
        keys: dict[str, Any] | None = None,
    ) -> "Dialogue":
        """Return the dialogue that consists of these turns."""
        turns = list(turns)
        return cls(
            [turn.text for turn in turns],
            [turn.speaker for turn in turns],
            [turn.emotion for turn in turns],
            place,
            name,
            [turn.fields for turn in turns],
            keys or {},
        )

    def content(self) -> Any:
        """Return what was read, for lists of what couldn't be used: rows, or an object."""
        if self.packed is not None:
            return None
        if self.order:
            return [dict(row) for row in self.fields]
        if self.fields and all("text" in each for each in self.fields):
            return {**self.keys, "turns": [dict(each) for each in self.fields]}
        fields = self.fields or [{} for _ in self.turns]
        parts = zip(self.turns, self.speakers, self.emotions, fields, strict=True)
        turns = [
            {**more, "text": text, "speaker": speaker, "emotion": emotion}
            for text, speaker, emotion, more in parts
        ]
        return {"id": self.name, **self.keys, "turns": turns}


class TurnOutput(NamedTuple):
    """What the model says of each turn of a batch, dialogue after dialogue.

    Its gradient, in training, has the same type.
    """

    vectors: Floats2d
    """Contextual vectors as the metric head sees them, (turns, width)."""
    logits: Floats2d
    """Emotion logits, (turns, labels)."""
