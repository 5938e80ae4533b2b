"""What the component does with its model: scores, other labels, and what stands behind them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Model, get_torch_default_device
from thinc.types import Floats2d

from ..data.dialogue import SPANS_KEY, GetTurns, clean_turn, one_turn, read_turns
from ..data.types import Dialogues, TurnOutput, Vectors
from ..encoders.batch_halving import BatchHalving
from ..encoders.sentence_transformer import SentenceEncoder
from ..layers.torch_layer import check_safe
from ..models.architectures import predict_next, speaker_relations
from ..models.context_encoder import Memory
from ..objectives.objectives import Objective
from ..scoring.scorer import emotion_score
from .annotations import ContextShare, Prediction, annotate, decide, row_of
from .learned_labels import LearnedLabels, check_examples
from .similar_turns import IndexedTurn, Neighbour, TurnIndex, indexed_turns

BATCH = 128
"""Dialogues run at once where the caller doesn't batch them."""


class TurnPredictor(TrainablePipe):
    """All of `CasnEmotion` that needs no training.

    Args:
        vocab: The pipeline's vocabulary.
        model: Such as `spacy_casn.CasnModel.v1`.
        name: The component's name.
        objective: What training minimizes.
        get_turns: Gives the turns of a Doc that comes without.
        spans_key: Name of the span group.
        neutral_label: Label that the standard F1 leaves out, "" for none.
        abstain_below: Probability from 0 to 1; a turn whose most probable label has less stays
            without label.
        scorer: Such as `spacy_casn.emotion_scorer.v1`.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[Dialogues, TurnOutput],
        name: str = "casn_emotion",
        *,
        objective: Objective,
        get_turns: GetTurns,
        spans_key: str = SPANS_KEY,
        neutral_label: str = "no emotion",
        abstain_below: float = 0.0,
        scorer: Callable | None = emotion_score,
    ) -> None:
        check_safe(model)
        self.vocab = vocab
        self.model = model
        self.name = name
        self.objective = objective
        self.get_turns = get_turns
        self.spans_key = spans_key
        self.neutral_label = neutral_label
        self.abstain_below = abstain_below
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"labels": [], "temperature": 1.0}
        self.index: TurnIndex | None = None
        self._halving = BatchHalving("the batch_size of nlp.pipe")

    @property
    def abstain_below(self) -> float:
        """Probability below which a turn's most probable label isn't given.

        Raises ValueError where it is set to what is no probability.
        """
        return self._abstain_below

    @abstain_below.setter
    def abstain_below(self, probability: float) -> None:
        if not 0 <= probability <= 1:
            raise ValueError(f"abstain_below = {probability} must be a probability, 0 to 1.")
        self._abstain_below = probability

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of the scores: those it was trained for, or has learned."""
        learned = self._learned
        return self.trained_labels if learned is None else learned.labels

    @property
    def trained_labels(self) -> tuple[str, ...]:
        """The emotions that training knows."""
        return tuple(self.cfg["labels"])

    @property
    def reach(self) -> int | None:
        """How many turns back a turn's scores can depend on; None if on later turns too."""
        return self.model.get_ref("context").attrs["reach"]

    def predict(self, docs: Iterable[Doc]) -> list[Prediction]:
        """The probabilities of each dialogue's turns; the Docs stay as they are.

        Raises:
            ValueError: the component isn't trained, or turns overlap.
        """
        dialogues = self._read(docs)
        probabilities = self._probabilities(self._run(dialogues))
        return [
            Prediction(turns, scores)
            for turns, scores in zip(dialogues, _split(probabilities, dialogues), strict=True)
        ]

    def turn_vectors(self, docs: Iterable[Doc]) -> Iterator[Vectors]:
        """The contextual vectors of each Doc's turns, (turns, width) float32."""
        for batch in minibatch(docs, BATCH):
            dialogues = self._read(batch)
            yield from _split(self.model.ops.to_numpy(self._run(dialogues).vectors), dialogues)

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[Prediction]) -> None:
        """Write labels and scores into the Docs' span groups."""
        labels = self.labels
        for doc, prediction in zip(docs, predictions, strict=True):
            annotate(
                doc,
                prediction,
                labels=labels,
                spans_key=self.spans_key,
                abstain_below=self.abstain_below,
            )

    def learn_labels(self, examples: Mapping[str, Iterable[str | Span]]) -> None:
        """Decide from now on among other labels, known by a few examples each.

        A turn then gets the label whose prototype, the mean of its examples' vectors, is
        nearest; `scores` hold probabilities of these labels, and `abstain_below` applies.
        They are saved with the pipeline. The trained ones stay, and training goes on with
        them: `use_labels("trained")` brings them back.

            pipe.learn_labels({
                "frustration": ["How often do I have to call?", doc.spans["turns"][3]],
                "relief": ["Oh good, it works again."],
            })

        Args:
            examples: For each label at least one turn: a span of a Doc, seen in the context of
                its dialogue, or a text, seen without any.

        Raises:
            ValueError: fewer than two labels, one without examples or with half a character in
                it, or a span that is no turn.
        """
        pairs = check_examples(examples)
        docs = {id(turn.doc): turn.doc for _, turn in pairs if isinstance(turn, Span)}
        texts = [clean_turn(turn) for _, turn in pairs if isinstance(turn, str)]
        alone = [[one_turn(Vocab(), text)] for text in texts]
        read = dict(zip(docs, self._read(docs.values()), strict=True))
        vectors = dict(zip(docs, self.turn_vectors(docs.values()), strict=True))
        of_texts = iter(self.model.ops.to_numpy(self._run(alone).vectors))
        rows = [
            next(of_texts)
            if isinstance(turn, str)
            else vectors[id(turn.doc)][row_of(turn, read[id(turn.doc)])]
            for _, turn in pairs
        ]
        names = list(examples)
        classes = [names.index(label) for label, _ in pairs]
        self.cfg["learned"] = LearnedLabels.learn(names, np.stack(rows), classes).to_cfg()
        self.use_labels("learned")

    def use_labels(self, which: Literal["trained", "learned"]) -> None:
        """Decide among the labels of training, or among those of `learn_labels`.

        Raises:
            ValueError: none were learned, or `which` is neither.
        """
        if which not in ("trained", "learned"):
            raise ValueError(f"use_labels('{which}'): give 'trained' or 'learned'.")
        if which == "learned" and not self.cfg.get("learned"):
            raise ValueError(f"'{self.name}' has learned no labels yet: call learn_labels first.")
        self.cfg["use_labels"] = which

    def index_turns(self, docs: Iterable[Doc]) -> None:
        """Keep the turns of labelled Docs, such as those of training, for `nearest` to find.

        The index is saved with the pipeline, and with it what was said in these dialogues.
        """
        vectors: list[Vectors] = []
        dialogues: list[list[IndexedTurn]] = []
        for batch in minibatch(docs, BATCH):
            for turns, rows in zip(self._read(batch), self.turn_vectors(batch), strict=True):
                if turns:
                    dialogues.append(indexed_turns(turns))
                    vectors.append(rows)
        if not dialogues:
            raise ValueError(f"'{self.name}' can't make an index of no turns: give it some Docs.")
        self.index = TurnIndex(np.concatenate(vectors), dialogues)

    def nearest(self, turn: Span, n: int = 5) -> list[Neighbour]:
        """The n turns of the index that are most like a turn in its dialogue.

        Raises:
            ValueError: there is no index, or the span is no turn.
        """
        if self.index is None:
            raise ValueError(f"'{self.name}' has no index of turns: call index_turns first.")
        (turns,) = self._read([turn.doc])
        row = row_of(turn, turns)
        vectors = next(self.turn_vectors([turn.doc]))
        texts = [other.text for other in turns]
        return self.index.nearest(vectors[row], n, dialogue=texts, number=row)

    def context_share(self, turn: Span) -> ContextShare:
        """A turn's scores as they are, and as they would be if nothing had been said before.

        Raises:
            ValueError: the span is no turn.
        """
        (turns,) = self._read([turn.doc])
        row = row_of(turn, turns)
        seen = self._probabilities(self._run([turns]))[row]
        hidden = self._probabilities(self._run([turns[row:]]))[0]
        labels = self.labels
        return ContextShare(
            dict(zip(labels, seen.tolist(), strict=True)),
            dict(zip(labels, hidden.tolist(), strict=True)),
        )

    def score_next(
        self, text: str, memory: Memory, *, speaker: str = "", before: str = ""
    ) -> tuple[Vectors, Memory]:
        """The probabilities of the next turn of a dialogue, (labels,), and the new memory.

        Where no turn sees a later one, they are those that the whole dialogue would give.

        Args:
            text: What is said.
            memory: What the call for the turn before gave, or an empty list for the first turn.
            speaker: Who says it, "" if unknown.
            before: The speaker of the turn before.
        """
        self._check_trained()
        ops = self.model.ops
        relation = speaker_relations([[before, speaker]])[1]
        utterance = ops.asarray2f(cast(Floats2d, self._utterance_vector(text)))
        output, memory = predict_next(self.model, utterance, relation, memory)
        return self._probabilities(output)[0], memory

    def decide(self, scores: Vectors) -> str:
        """The most probable of the labels, "" where it has less than `abstain_below`.

        Args:
            scores: (labels,).
        """
        return decide(scores, self.labels, self.abstain_below)

    def encode_turns(self, docs: Iterable[Doc]) -> None:
        """Encode and keep the turns of Docs that are needed again, with a progress bar."""
        self._encode_corpus(self._read(docs))

    def check_encoder(self) -> None:
        """Raises ValueError if the sentence encoder isn't the one that it was trained with."""
        encoder = self.sentence_encoder
        if encoder is not None and encoder.fingerprint() != self.cfg.get("encoder"):
            raise ValueError(
                f"The sentence encoder '{encoder.name}' isn't the one that '{self.name}' was "
                f"trained with: give that one, or train anew."
            )

    @property
    def sentence_encoder(self) -> SentenceEncoder | None:
        """The sentence transformer; None where word pieces are encoded."""
        return self.model.get_ref("encoder").attrs.get("sentence_encoder")

    def _encode_corpus(self, dialogues: Dialogues, vectors_file: Path | None = None) -> None:
        encoder = self.sentence_encoder
        if encoder is not None:
            encoder.to(get_torch_default_device())
            texts = (turn.text for turns in dialogues for turn in turns)
            encoder.encode_corpus(texts, vectors_file)

    def _utterance_vector(self, text: str) -> Vectors:
        """(1, width)"""
        encoder = self.sentence_encoder
        if encoder is not None:
            encoder.to(get_torch_default_device())
            return encoder.encode([text])
        utterances = self.model.get_ref("encoder").predict([[one_turn(Vocab(), text)]])
        return self.model.ops.to_numpy(utterances.dataXd)

    @property
    def _learned(self) -> LearnedLabels | None:
        learned = self.cfg.get("learned")
        if learned is None or self.cfg.get("use_labels") != "learned":
            return None
        return LearnedLabels.from_cfg(learned)

    def _check_trained(self) -> None:
        if not self.model.has_dim("nO"):
            raise ValueError(
                f"'{self.name}' doesn't know its emotions yet: load a trained pipeline, or train "
                f"it with `spacy train`."
            )

    def _read(self, docs: Iterable[Doc]) -> Dialogues:
        self._check_trained()
        return [read_turns(doc, self.spans_key, self.get_turns) for doc in docs]

    def _run(self, dialogues: Dialogues) -> TurnOutput:
        spoken = [turns for turns in dialogues if turns]
        ops = self.model.ops
        if not spoken:
            width = self.model.get_ref("context").get_dim("nO")
            return TurnOutput(ops.alloc2f(0, width), ops.alloc2f(0, len(self.trained_labels)))
        outputs = list(self._halving.run(self.model.predict, [spoken], name=_name_dialogue))
        return TurnOutput(*map(ops.xp.concatenate, zip(*outputs, strict=True)))

    def _probabilities(self, output: TurnOutput) -> Vectors:
        """(turns, labels), by the classifier or by the learned labels' prototypes."""
        ops = self.model.ops
        learned = self._learned
        if learned is not None:
            by_distance = learned.logits(ops.to_numpy(output.vectors))
            logits = ops.asarray2f(cast(Floats2d, by_distance))
        else:
            logits = output.logits / self.cfg.get("temperature", 1.0)
        return ops.to_numpy(ops.softmax(logits))


def _name_dialogue(turns: Sequence[Span]) -> str:
    return f"A dialogue of {len(turns)} turns"


def _split(rows: Vectors, dialogues: Dialogues) -> list[Vectors]:
    return np.split(rows, np.cumsum([len(turns) for turns in dialogues], dtype=int))[:-1]
