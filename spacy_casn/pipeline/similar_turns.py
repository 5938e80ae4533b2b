"""An index of labelled turns, to show which are most like a new one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import safetensors.numpy
import srsly
from safetensors import SafetensorError

from ..data.types import Turns, Vectors


class IndexedTurn(NamedTuple):
    """A turn as the index keeps it."""

    speaker: str
    text: str
    emotion: str


class Neighbour(NamedTuple):
    """A turn of the index that is like the one asked for."""

    similarity: float
    """Cosine of both contextual vectors, -1 to 1."""
    number: int
    """Its place in its dialogue, from 0."""
    dialogue: list[IndexedTurn]

    @property
    def turn(self) -> IndexedTurn:
        """The turn itself."""
        return self.dialogue[self.number]


class TurnIndex:
    """The contextual vectors of turns, with the dialogues that they stand in.

    Args:
        vectors: (turns, width), dialogue after dialogue.
        dialogues: The dialogues, without empty ones.
    """

    def __init__(self, vectors: Vectors, dialogues: Sequence[list[IndexedTurn]]) -> None:
        norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        self.units: Vectors = vectors / norms
        self.dialogues = list(dialogues)
        self._starts = np.cumsum([0, *(len(turns) for turns in self.dialogues)])

    @classmethod
    def of(
        cls,
        dialogues: Iterable[Turns],
        vectors: Callable[[Iterable[Turns]], Iterable[Vectors]],
    ) -> "TurnIndex":
        """Make the index of labelled dialogues.

        Args:
            dialogues: Their turns.
            vectors: Gives the contextual vectors of each dialogue's turns, (turns, width).

        Raises:
            ValueError: there are no turns.
        """
        indexed: list[list[IndexedTurn]] = []

        def noted() -> Iterator[Turns]:
            for turns in filter(None, dialogues):
                indexed.append([IndexedTurn(turn.id_, turn.text, turn.label_) for turn in turns])
                yield turns

        rows = list(vectors(noted()))
        if not rows:
            raise ValueError(
                "The Docs hold no turns in doc.spans to make an index of: give others."
            )
        return cls(np.concatenate(rows), indexed)

    def nearest(
        self, vector: Vectors, n: int, *, dialogue: list[str], number: int
    ) -> list[Neighbour]:
        """Return the n turns that are most like a turn, the nearest first.

        Args:
            vector: (width,), the turn's contextual vector.
            n: How many.
            dialogue: What is said in its dialogue; the very same turn of the very same
                dialogue is left out.
            number: Its place there, from 0.
        """
        similarities = self.units @ (vector / max(float(np.linalg.norm(vector)), 1e-12))
        found: list[Neighbour] = []
        for row in np.argsort(-similarities, kind="stable"):
            if len(found) == n:
                break
            place = int(np.searchsorted(self._starts, row, side="right")) - 1
            turns = self.dialogues[place]
            neighbour = Neighbour(float(similarities[row]), int(row - self._starts[place]), turns)
            if neighbour.number != number or [turn.text for turn in turns] != dialogue:
                found.append(neighbour)
        return found

    def to_bytes(self) -> bytes:
        """Return vectors (as float16) and dialogues, for `from_bytes`."""
        units = safetensors.numpy.save({"units": self.units.astype(np.float16)})
        return srsly.msgpack_dumps({"units": units, "dialogues": self.dialogues})

    @classmethod
    def from_bytes(cls, data: bytes) -> "TurnIndex":
        """Read what `to_bytes` gave.

        Raises:
            ValueError: it is no index, or vectors and dialogues don't belong together.
        """
        try:
            saved = srsly.msgpack_loads(data)
            units = safetensors.numpy.load(saved["units"])["units"].astype(np.float32)
            dialogues = [[IndexedTurn(*turn) for turn in turns] for turns in saved["dialogues"]]
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"The index of turns can't be read ({error}): make it anew."
            ) from error
        turns = sum(map(len, dialogues))
        if turns != len(units):
            raise ValueError(
                f"The index of turns has {len(units)} vectors, but {turns} turns: make it anew."
            )
        return cls(units, dialogues)
