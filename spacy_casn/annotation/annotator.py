"""The pipeline, as something that dialogues flow through."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc

from ..data.dialogue import make_dialogue, read_turns, silent_turns
from ..data.types import Dialogue, Turns
from ..formats.faults import Faults
from ..formats.records import Result
from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.loading import load_pipeline

ZONE = 10_000
"""Dialogues after which the pipeline forgets the words that it met."""


class Annotator:
    """A loaded pipeline.

    Args:
        nlp: A pipeline with `pipe`.
        pipe: Its `casn_emotion`.
    """

    def __init__(self, nlp: Language, pipe: CasnEmotion) -> None:
        self.nlp = nlp
        self.pipe = pipe

    @classmethod
    def load(cls, model: str, *, neutral: float | None = None) -> "Annotator":
        """Load that of a pipeline's directory or package.

        Args:
            model: The directory, the package, or the name of a pretrained pipeline.
            neutral: The share of neutral turns to expect; None for the pipeline's own.

        Raises:
            ValueError: there is no such pipeline, or that is no share.
        """
        nlp, pipe = load_pipeline(model)
        if neutral is not None:
            pipe.set_neutral_share(neutral)
        return cls(nlp, pipe)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of the scores."""
        return self.pipe.labels

    def results(
        self,
        dialogues: Iterable[Dialogue],
        faults: Faults,
        *,
        batch_size: int,
        n_process: int = 1,
        zone: int = ZONE,
    ) -> Iterator[Result]:
        """Yield each dialogue's emotions, in order; at most a few batches are read ahead.

        Args:
            dialogues: As they were read.
            faults: Hears of dialogues that can't be made into a Doc, with their place; once the
                run has failed, no more results come.
            batch_size: Dialogues that are run at once.
            n_process: Processes that share the work.
            zone: Dialogues after which the memory of their words is given back.
        """
        remaining = iter(dialogues)
        waiting: deque[Dialogue] = deque()

        found = True

        def docs() -> Iterator[Doc]:
            nonlocal found
            for dialogue in islice(remaining, zone):
                found = True
                try:
                    doc = self._doc(dialogue)
                except ValueError as error:
                    faults.add(error, dialogue.content())
                    continue
                if not faults.failed:
                    waiting.append(dialogue)
                    yield doc

        while found:
            found = False
            # Without a zone, the vocabulary would grow by each new word for ever.
            with self.nlp.memory_zone():
                for doc in self.nlp.pipe(docs(), batch_size=batch_size, n_process=n_process):
                    yield self.result(waiting.popleft(), doc)

    def _doc(self, dialogue: Dialogue) -> Doc:
        pipe = self.pipe
        try:
            if dialogue.packed is None:
                return make_dialogue(
                    self.nlp, dialogue.turns, speakers=dialogue.speakers, spans_key=pipe.spans_key
                )
            doc = Doc(self.nlp.vocab).from_bytes(dialogue.packed)
            read_turns(doc, pipe.spans_key, pipe.get_turns)
        except ValueError as error:
            raise ValueError(f"{dialogue.place}: {error}") from error
        return doc

    def result(self, dialogue: Dialogue, doc: Doc) -> Result:
        """Return the emotions of a dialogue whose Doc is annotated."""
        known = dialogue.packed is None
        spans = Turns(doc.spans[self.pipe.spans_key])
        return Result(
            dialogue,
            doc,
            dialogue.turns if known else spans.texts,
            dialogue.speakers if known else [span.id_ for span in spans],
            [span.label_ for span in spans],
            doc.spans[self.pipe.spans_key].attrs["scores"],
            silent_turns(spans),
        )
