"""Live chats: the emotion of each turn as it comes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..data.dialogue import clean_speaker, clean_turn, make_dialogue, says_something
from ..data.inputs import as_name, as_text
from ..storage import strict_json
from ..storage.errors import first_line
from ..storage.files import replaced_when_whole

if TYPE_CHECKING:
    from ..data.types import Scores
    from ..models.context_encoder import Memory
    from .casn_emotion import CasnEmotion

FORMAT = 1
"""Of a saved session; counts up when it changes."""


@dataclass(frozen=True)
class SessionTurn:
    """A turn of a session.

    Args:
        speaker: Who said it, "" if unknown.
        text: What was said.
        emotion: Its label, "" where the pipeline abstained.
        scores: The probability of each label.
    """

    speaker: str
    text: str
    emotion: str
    scores: dict[str, float]


class DialogueSession:
    """A dialogue that goes on: each turn gets its emotion at once, from what came before.

    The labels are those that the whole dialogue would get. A turn costs the same whether it is
    the tenth or the ten thousandth: what the context encoder needs of the latest turns is kept,
    and none is looked at again.

        session = DialogueSession(nlp)
        session.add("Ann", "I got the job!")  # "happiness"
        session.turns[-1].scores              # {"anger": 0.01, ...}

    Many sessions can share one pipeline, also from several threads; a session itself belongs
    to one thread at a time.

    Args:
        nlp: A pipeline with a trained `casn_emotion` whose turns see no later ones
            (`attention = "past"`).

    Raises:
        ValueError: there is no such component, or its turns see later ones.
    """

    def __init__(self, nlp: Language) -> None:
        from .component import find_component

        self.nlp = nlp
        self.pipe: CasnEmotion = find_component(nlp)
        reach = self.pipe.reach
        if reach is None:
            raise ValueError(
                f"In '{self.pipe.name}', a turn's emotion depends on later turns, so a live "
                f'dialogue has none yet: train it with attention = "past".'
            )
        self.turns: list[SessionTurn] = []
        self._reach = reach
        self._memory: Memory = []

    def add(self, speaker: str | int | None, text: str | None) -> str:
        """Return the emotion of the next turn, "" where the pipeline abstains or nothing is said.

        Args:
            speaker: Who says it, by name or number; None or "" if unknown.
            text: What is said; None or "" where nothing is. Line breaks become spaces.

        Raises:
            ValueError: the speaker is no name, or the text none.
        """
        name = clean_speaker(as_name(speaker, "`speaker`"))
        text = clean_turn(as_text(text, "`text`"))
        scores = self._score(name, text, self.turns[-1].speaker if self.turns else "")
        emotion, named = "", {}
        if says_something(text):
            emotion = self.pipe.decide(scores)
            named = dict(zip(self.pipe.labels, scores.tolist(), strict=True))
        self.turns.append(SessionTurn(name, text, emotion, named))
        return emotion

    def doc(self) -> Doc:
        """Return the dialogue so far, as an annotated Doc, such as for `spacy_casn.render`."""
        doc = make_dialogue(
            self.nlp,
            [turn.text for turn in self.turns],
            speakers=[turn.speaker for turn in self.turns],
            emotions=[turn.emotion for turn in self.turns],
            spans_key=self.pipe.spans_key,
        )
        labels = list(self.pipe.labels)
        rows = [[turn.scores.get(label, 0.0) for label in labels] for turn in self.turns]
        scores = np.array(rows, dtype=np.float32).reshape(len(rows), len(labels))
        doc.spans[self.pipe.spans_key].attrs.update(scores=scores, labels=labels)
        return doc

    def to_disk(self, path: str | Path) -> None:
        """Save the session as a JSON file."""
        session = {"format": FORMAT, "turns": [asdict(turn) for turn in self.turns]}
        with replaced_when_whole(Path(path)) as temporary:
            strict_json.write(temporary, session)

    def from_disk(self, path: str | Path) -> DialogueSession:
        """Take up a session that `to_disk` saved; what was said before stays as it was labelled.

        Raises:
            ValueError: the file holds no session that this version knows.
        """
        try:
            saved: dict[str, Any] = strict_json.read(Path(path))
            if saved["format"] != FORMAT:
                raise ValueError(f"its format is {saved['format']}, not {FORMAT}")
            turns = [_checked(SessionTurn(**turn)) for turn in saved["turns"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"'{path}' holds no saved session ({first_line(error)}): give another file."
            ) from error
        self.turns = turns
        self._memory = []
        speakers = ["", *(turn.speaker for turn in turns)]
        seen = list(zip(turns, speakers, strict=False))
        for turn, before in seen[max(0, len(seen) - self._reach) :]:
            self._score(turn.speaker, turn.text, before)
        return self

    def _score(self, speaker: str, text: str, before: str) -> Scores:
        scores, self._memory = self.pipe.score_next(
            text, self._memory, speaker=speaker, before=before
        )
        return scores


def _checked(turn: SessionTurn) -> SessionTurn:
    """Return the turn; raises ValueError where a value isn't of its type."""
    for key in ("speaker", "text", "emotion"):
        if not isinstance(getattr(turn, key), str):
            raise ValueError(f"a turn's {key} is no text")
    known = isinstance(turn.scores, dict)
    if not known or not all(type(score) in (int, float) for score in turn.scores.values()):
        raise ValueError("a turn's scores are no numbers by label")
    return turn
