"""The `casn_emotion` component: the emotion of each turn, in the context of its dialogue."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Literal

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer

from ..data.dialogue import SPANS_KEY, GetTurns, read_turns
from ..data.types import Dialogues, Scores, TurnOutput, Vectors
from ..encoders.base import UtteranceEncoder, encoder_of
from ..layers.torch_layer import check_safe
from ..models.context_encoder import Memory
from ..objectives.base import Objective, check_without_weights
from ..scoring.prior_estimate import PriorEstimate
from ..scoring.scorer import emotion_score
from ..training.corpus import DialogueCorpus
from .annotations import ContextShare, Prediction, annotate, decide, row_of
from .label_prior import LabelPrior, Prior
from .labels import neutral_among
from .learned_labels import KnownLabels
from .learner import Learner
from .saving import Saving
from .similar_turns import Neighbour, TurnIndex
from .turn_scorer import BATCH, TurnScorer
from .warm_start import WarmStart

NAME = "casn_emotion"
"""The component's name, unless it is given another."""


class CasnEmotion(TrainablePipe):
    """Labels each turn in `doc.spans[spans_key]` with the emotion that it conveys.

    Each span's `label_` is its most probable label, or "" below `abstain_below`; the group's
    `attrs["scores"]` holds the probabilities, float32 (turns, labels), in the order of `labels`.

    Args:
        vocab: The pipeline's vocabulary.
        model: Such as `spacy_casn.CasnModel.v1`.
        name: The component's name.
        objective: What training minimizes.
        get_turns: Gives the turns of a Doc that comes without.
        spans_key: Name of the span group.
        neutral_label: Label that the standard F1 leaves out, "" for none. Labels that call it by
            another known name, such as "neutral", are understood.
        abstain_below: Probability from 0 to 1; a turn whose most probable label has less stays
            without label.
        label_prior: Which labels are expected before a turn is read: the name of a corpus that was
            trained on, `trained` for all of them, or the share of each label; None for what was
            saved with the pipeline, or else `trained`.
        scorer: Such as `spacy_casn.emotion_scorer.v1`.
    """

    _abstain_below: float

    def __init__(
        self,
        vocab: Vocab,
        model: Model[Dialogues, TurnOutput],
        name: str = NAME,
        *,
        objective: Objective,
        get_turns: GetTurns,
        spans_key: str = SPANS_KEY,
        neutral_label: str = "no emotion",
        abstain_below: float = 0.0,
        label_prior: Prior | None = None,
        scorer: Callable | None = emotion_score,
    ) -> None:
        check_safe(model)
        check_without_weights(objective)
        self.vocab = vocab
        self.model = model
        self.name = name
        self.objective = objective
        self.get_turns = get_turns
        self.spans_key = spans_key
        self._neutral_label = neutral_label
        self.abstain_below = abstain_below
        self.scorer = scorer
        self.cfg: dict[str, Any] = {"labels": [], "temperature": 1.0}
        self.index: TurnIndex | None = None
        self._known = KnownLabels(name, self.cfg)
        self._prior = LabelPrior(name, self.cfg, label_prior)
        self._turns = TurnScorer(model, self._known, self._prior, self.cfg)
        self._learner = Learner(name, model, self.cfg, self._prior, self._turns)
        self._saving = Saving(name, vocab, model, self.cfg)

    @property
    def abstain_below(self) -> float:
        """Probability below which a turn's most probable label isn't given.

        Raises ValueError where it is set to what is no probability.
        """
        return self._abstain_below

    @abstain_below.setter
    def abstain_below(self, probability: float) -> None:
        if not isinstance(probability, Real) or not 0 <= probability <= 1:
            raise ValueError(f"abstain_below = {probability!r} must be a probability, 0 to 1.")
        self._abstain_below = probability

    @property
    def neutral_label(self) -> str:
        """The label that the standard F1 leaves out, as the component's labels call it."""
        return neutral_among(self._neutral_label, self.trained_labels)

    @neutral_label.setter
    def neutral_label(self, label: str) -> None:
        self._neutral_label = label

    @property
    def label_prior(self) -> Prior:
        """Which labels are expected before a turn is read; see `CasnEmotion`.

        What is set is saved with the pipeline, and needs no training. Raises ValueError where it
        is set to what is no distribution over the labels, or to an unknown corpus.
        """
        return self._prior.chosen

    @label_prior.setter
    def label_prior(self, prior: Prior) -> None:
        self._prior.choose(prior)

    @property
    def known_priors(self) -> list[str]:
        """The names that `label_prior` can be set to: `trained`, and the corpora of training."""
        return list(self.cfg.get("priors") or {})

    def set_neutral_share(self, share: float) -> None:
        """Expect this share of neutral turns, 0 to 1; the other labels keep their ratios.

        The lower it is, the readier the component is to call a turn emotional.

        Raises:
            ValueError: the share is out of its range, or no label is neutral.
        """
        self.label_prior = self._prior.with_neutral(share, self.neutral_label)

    def adapt_prior(self, docs: Iterable[Doc]) -> PriorEstimate:
        """Estimate the labels' shares in dialogues of your own, and decide by them from now on.

        The dialogues need no labels: what the model reads in each turn is enough to tell how
        often each label occurs (see `scoring.prior_estimate`). What is expected now weighs as much
        as what is read, so a second call moves on. `intervals` says how sure it is.

        Raises:
            ValueError: there are too few turns, or the component knows no prior of training.
        """
        return self._prior.adapt(self._turns.tempered_logits(self._read([doc])) for doc in docs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of the scores: those it was trained for, or has learned."""
        return self._known.names

    @property
    def trained_labels(self) -> tuple[str, ...]:
        """The emotions that training knows."""
        return self._known.trained

    @property
    def reach(self) -> int | None:
        """How many turns back a turn's scores can depend on; None if on later turns too."""
        return self.model.get_ref("context").attrs["reach"]

    @property
    def utterance_encoder(self) -> UtteranceEncoder:
        """What makes a vector of each turn, such as a `SentenceEncoder`."""
        return encoder_of(self.model)

    def predict(self, docs: Iterable[Doc]) -> list[Prediction]:
        """Return the probabilities of each dialogue's turns; the Docs stay as they are.

        Raises:
            ValueError: the component isn't trained, or turns overlap.
        """
        dialogues = self._read(docs)
        scores = self._turns.scores(dialogues)
        return [Prediction(*pair) for pair in zip(dialogues, scores, strict=True)]

    def turn_vectors(self, docs: Iterable[Doc]) -> Iterator[Vectors]:
        """Yield the contextual vectors of each Doc's turns, (turns, width) float32."""
        for batch in minibatch(docs, BATCH):
            yield from self._turns.vectors(self._read(batch))

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[Prediction]) -> None:
        """Write labels and scores into the Docs' span groups."""
        annotate(
            docs,
            predictions,
            labels=self.labels,
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
        self._check_trained()
        self._known.learn(examples, self._read, self._turns.vectors)

    def use_labels(self, which: Literal["trained", "learned"]) -> None:
        """Decide among the labels of training, or among those of `learn_labels`.

        Raises:
            ValueError: none were learned, or `which` is neither.
        """
        self._known.use(which)

    def index_turns(self, docs: Iterable[Doc]) -> None:
        """Keep the turns of labelled Docs, such as those of training, for `nearest` to find.

        The index is saved with the pipeline, and with it what was said in these dialogues.

        Raises:
            ValueError: there are no turns.
        """
        dialogues = (turns for batch in minibatch(docs, BATCH) for turns in self._read(batch))
        self.index = TurnIndex.of(dialogues, self._turns.vectors)

    def nearest(self, turn: Span, n: int = 5) -> list[Neighbour]:
        """Return the n turns of the index that are most like a turn in its dialogue.

        Raises:
            ValueError: there is no index, or the span is no turn.
        """
        if self.index is None:
            raise ValueError(f"'{self.name}' has no index of turns: call index_turns first.")
        (turns,) = self._read([turn.doc])
        row = row_of(turn, turns)
        (vectors,) = self._turns.vectors([turns])
        texts = [other.text for other in turns]
        return self.index.nearest(vectors[row], n, dialogue=texts, number=row)

    def context_share(self, turn: Span) -> ContextShare:
        """Return a turn's scores, and what they would be if nothing had been said before.

        Raises:
            ValueError: the span is no turn.
        """
        (turns,) = self._read([turn.doc])
        return self._turns.context_share(turns, row_of(turn, turns))

    def score_next(
        self, text: str, memory: Memory, *, speaker: str = "", before: str = ""
    ) -> tuple[Scores, Memory]:
        """Return the probabilities of a dialogue's next turn, (labels,), and the new memory.

        Where no turn sees a later one, they are those that the whole dialogue would give.

        Args:
            text: What is said.
            memory: What the call for the turn before gave, or an empty list for the first turn.
            speaker: Who says it, "" if unknown.
            before: The speaker of the turn before.
        """
        self._check_trained()
        return self._turns.score_next(text, memory, speaker=speaker, before=before)

    def decide(self, scores: Scores) -> str:
        """Return the most probable of the labels, "" where it has less than `abstain_below`.

        Args:
            scores: (labels,).
        """
        return decide(scores, self.labels, self.abstain_below)

    def encode_turns(self, docs: Iterable[Doc], vectors_file: Path | None = None) -> None:
        """Encode and keep the turns of Docs that are needed again, with a progress bar.

        Args:
            docs: The dialogues.
            vectors_file: File that has or keeps the turns' vectors, such as training's.
        """
        self._turns.encode_corpus(self._read(docs), vectors_file)

    def check_encoder(self) -> None:
        """Raise ValueError if the sentence encoder isn't the one that it was trained with."""
        encoder = self.utterance_encoder
        if not encoder.is_known_as(self.cfg.get("encoder")):
            raise ValueError(
                f"The sentence encoder '{encoder.name}' isn't the one that '{self.name}' was "
                f"trained with: give that one, or train anew."
            )

    @property
    def label_data(self) -> list[str]:
        """What `spacy init labels` writes and `initialize` takes."""
        return list(self.trained_labels)

    def add_label(self, label: str) -> int:
        """Add an emotion before training; 0 if it is there already, else 1.

        Raises:
            ValueError: it is no text, or the classifier already has its labels.
        """
        if not isinstance(label, str):
            raise ValueError(f"The label {label!r} of '{self.name}' must be a text.")
        if label in self.trained_labels:
            return 0
        if self.model.has_dim("nO"):
            raise ValueError(
                f"The label '{label}' can't be added to '{self.name}', which was initialized "
                f"with {list(self.trained_labels)}: add labels before, or train anew."
            )
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch; `losses[name]` grows by the objective's value.

        Args:
            examples: The batch.
            drop: Share that each layer drops, unless its own `dropout` is larger; the sentence
                encoder's is its own.
            sgd: The optimizer, unless `finish_update` is called later.
            losses: What to add to.

        Raises:
            ValueError: an unknown label, or a loss that is no finite number.
            MemoryError: the batch is too large.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "CasnEmotion.update")
        dialogues = self._read(example.predicted for example in examples)
        if not any(dialogues):
            return losses
        losses[self.name] += self._learner.learn(
            examples, dialogues, self.spans_key, objective=self.objective, drop=drop
        )
        if sgd:
            self.finish_update(sgd)
        return losses

    def get_loss(self, examples: Iterable[Example], scores: TurnOutput) -> tuple[float, TurnOutput]:
        """Return the objective over the labelled turns of a batch, and its gradient.

        Args:
            examples: The batch.
            scores: What `model.predict` or `model.begin_update` gave for its turns.
        """
        examples = list(examples)
        validate_examples(examples, "CasnEmotion.get_loss")
        dialogues = self._read(example.predicted for example in examples)
        return self._learner.loss(examples, dialogues, self.spans_key, scores, self.objective)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
        warm_start: str | Path | None = None,
        vectors_file: str | Path | None = None,
        dev: str | Path | None = None,
        priors_apart: bool = False,
    ) -> None:
        """Prepare for training.

        Args:
            get_examples: Gives the training examples. Unless the encoder is in training, their
                turns are encoded here, once.
            nlp: The pipeline.
            labels: The emotions; by default those of `warm_start`, or of the examples.
            warm_start: A pipeline directory whose component of the same name gives its
                weights, its sentence encoder's too, and its labels.
            vectors_file: File that keeps the turns' vectors for the next training.
            dev: Dialogues (`.spacy`) that training is measured on, to encode along with them.
            priors_apart: Whether training adds to each turn's logits the log of its corpus' label
                shares, so that the model learns evidence alone; for several corpora at once.

        Raises:
            ValueError: no labels, or not those of `warm_start`; weights that don't fit.
        """
        validate_get_examples(get_examples, "CasnEmotion.initialize")
        stage = None if warm_start is None else WarmStart(Path(warm_start), self.name)
        examples = list(get_examples())
        dialogues = [
            read_turns(example.predicted, self.spans_key, self.get_turns) for example in examples
        ]
        self._learner.prepare(
            examples,
            dialogues,
            self.spans_key,
            labels=labels or self.trained_labels,
            neutral_label=self._neutral_label,
            stage=stage,
            priors_apart=priors_apart,
        )
        if self.utterance_encoder.tuning is None:
            if dev is not None and nlp is not None:
                measured = DialogueCorpus(Path(dev), spans_key=self.spans_key)(nlp)
                dialogues += self._read(example.predicted for example in measured)
            self._turns.encode_corpus(
                dialogues, None if vectors_file is None else Path(vectors_file)
            )

    def calibrate(self, examples: Iterable[Example]) -> float:
        """Fit and set the temperature of the probabilities; labels stay as they are.

        Args:
            examples: Labelled dialogues that training didn't see.

        Raises:
            ValueError: no labelled turn, or an unknown label.
        """
        batches = (
            (batch, self._read(example.predicted for example in batch))
            for batch in minibatch(examples, BATCH)
        )
        return self._learner.calibrate(batches, self.spans_key)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Return both protocols' figures; see `spacy_casn.scoring.scorer.emotion_score`.

        A component of another name than `casn_emotion` gives them under `<name>_emotion_...` too.
        """
        if self.scorer is None:
            return {}
        examples = list(examples)
        settings = {"spans_key": self.spans_key, "neutral_label": self.neutral_label}
        vectors = list(self.turn_vectors(example.predicted for example in examples))
        figures = self.scorer(examples, vectors=vectors, **{**settings, **kwargs})
        if self.name != NAME:  # several components would have each other's figures
            figures |= {f"{self.name}_{key}": value for key, value in figures.items()}
        return figures

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save settings, weights and the sentence encoder, as a folder of its own.

        The folder appears at once when all is written: weights of two moments never mix.
        """
        self._saving.to_disk(Path(path), self.index, exclude)

    def save_cfg(self, path: str | Path) -> None:
        """Save labels, temperature and the like alone, in a folder that `to_disk` made."""
        self._saving.save_cfg(Path(path))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "CasnEmotion":
        """Load what `to_disk` saved; the sentence encoder follows when it is first needed.

        Raises:
            ValueError: the folder isn't as it was saved, comes from a newer version, or doesn't
                fit the config.
        """
        self.index = self._saving.from_disk(Path(path), exclude)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return settings, weights and the sentence encoder's files."""
        return self._saving.to_bytes(self.index, exclude)

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "CasnEmotion":
        """Load what `to_bytes` gave.

        Raises:
            ValueError: as for `from_disk`.
        """
        self.index = self._saving.from_bytes(bytes_data, exclude)
        return self

    def _check_trained(self) -> None:
        if not self.model.has_dim("nO"):
            raise ValueError(
                f"'{self.name}' doesn't know its emotions yet: load a trained pipeline, or train "
                f"it with `spacy train`."
            )

    def _read(self, docs: Iterable[Doc]) -> Dialogues:
        self._check_trained()
        return [read_turns(doc, self.spans_key, self.get_turns) for doc in docs]
