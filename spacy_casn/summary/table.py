"""The annotated turns of many dialogues as columns."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..data.dialogue import SPANS_KEY
from ..scoring.valence import by_valence

Numbers = NDArray[np.int64]
Fractions = NDArray[np.float64]
GROUPS = 12
"""Speakers or roles that are told apart, those with the most turns."""
OTHERS = "all others"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class TurnTable:
    """All turns, dialogue after dialogue.

    Args:
        names: The dialogues'.
        starts: Where each dialogue's turns begin, and at last how many turns there are.
        labels: The emotions, from the best feeling to the worst.
        emotion: Number of each turn's emotion, -1 for none.
        score: Its probability, nan where it isn't known.
        groups: Who speaks: roles, or the speakers with the most turns.
        group: Number of each turn's group.
        speakers: Who says it, "" where unknown.
        texts: What is said.
        moments: When, None where unknown.
        seconds: How long after the recording's beginning, nan where unknown.
    """

    names: list[str]
    starts: Numbers
    labels: list[str]
    emotion: Numbers
    score: Fractions
    groups: list[str]
    group: Numbers
    speakers: list[str]
    texts: list[str]
    moments: list[datetime | None]
    seconds: Fractions

    @property
    def dialogue(self) -> Numbers:
        """The number of each turn's dialogue."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.starts))

    @property
    def position(self) -> Numbers:
        """In which tenth of its dialogue each turn stands, 0 to 9; a dialogue's middle is 0.5."""
        sizes = np.diff(self.starts)
        place = np.arange(len(self.texts)) - np.repeat(self.starts[:-1], sizes)
        tenths: Numbers = (10 * (2 * place + 1)) // (2 * np.repeat(sizes, sizes))
        return tenths


@dataclass
class TableBuilder:
    """Collects dialogues for a `TurnTable`."""

    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    emotions: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    moments: list[datetime | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def begin(self, name: str) -> None:
        """Let the turns that follow be those of a new dialogue."""
        self.names.append(name)
        self.sizes.append(0)

    def add(
        self,
        text: str,
        speaker: str,
        emotion: str,
        score: float | None,
        *,
        role: str = "",
        moment: datetime | None = None,
        seconds: float | None = None,
    ) -> None:
        """Add a turn to the dialogue that was begun last."""
        self.sizes[-1] += 1
        self.texts.append(text)
        self.speakers.append(speaker)
        self.emotions.append(emotion)
        self.scores.append(float("nan") if score is None else score)
        self.roles.append(role)
        self.moments.append(moment)
        self.seconds.append(float("nan") if seconds is None else seconds)

    def add_doc(self, name: str, doc: Doc, spans_key: str) -> None:
        """Add an annotated Doc as a dialogue."""
        self.begin(name)
        group = doc.spans.get(spans_key, [])
        labels = list(group.attrs.get("labels", [])) if group else []
        scores = np.asarray(group.attrs.get("scores", ())) if group else np.empty(0)
        known = scores.shape == (len(group), len(labels))
        for row, span in enumerate(group):
            score = scores[row, labels.index(span.label_)] if known and span.label_ else None
            self.add(span.text, span.id_, span.label_, score)

    def table(self) -> TurnTable:
        """Return the table.

        Raises:
            ValueError: no turn has an emotion.
        """
        labels = by_valence(filter(None, self.emotions))
        if not labels:
            raise ValueError(
                f"None of {len(self.texts)} turns has an emotion: give what "
                f"`casn annotate` wrote, or Docs of a pipeline with casn_emotion."
            )
        numbers = {label: number for number, label in enumerate(labels)}
        kinds = self.roles if any(self.roles) else self.speakers
        groups, group = _grouped([kind or UNKNOWN for kind in kinds])
        return TurnTable(
            self.names,
            np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64),
            labels,
            np.array([numbers.get(emotion, -1) for emotion in self.emotions], dtype=np.int64),
            np.array(self.scores, dtype=np.float64),
            groups,
            group,
            self.speakers,
            self.texts,
            self.moments,
            np.array(self.seconds, dtype=np.float64),
        )


def table_of_docs(docs: Doc | Iterable[Doc], *, spans_key: str = SPANS_KEY) -> TurnTable:
    """Return the turns of annotated Docs.

    Args:
        docs: Dialogues with labels in `doc.spans[spans_key]`.
        spans_key: Name of the span group with their turns.

    Raises:
        ValueError: something that is no Doc, or no turn with an emotion.
    """
    builder = TableBuilder()
    for number, doc in enumerate([docs] if isinstance(docs, Doc) else docs, 1):
        if not isinstance(doc, Doc):
            raise ValueError(
                f"Number {number} of docs is a {type(doc).__name__}, no Doc: give what nlp(...) "
                f"returns."
            )
        builder.add_doc(f"Dialogue {number}", doc, spans_key)
    return builder.table()


def _grouped(kinds: list[str]) -> tuple[list[str], Numbers]:
    counts = Counter(kinds)
    groups = [kind for kind, _ in counts.most_common(GROUPS)]
    if len(counts) > GROUPS:
        groups.append(OTHERS)
    places = {kind: place for place, kind in enumerate(groups)}
    last = len(groups) - 1
    return groups, np.array([places.get(kind, last) for kind in kinds], dtype=np.int64)
