"""The `casn_emotion` component: the emotion of each turn, in the context of its dialogue."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import minibatch
from thinc.api import Config, Model, Optimizer, set_dropout_rate

from ..compat import register_fork_hooks
from ..data.dialogue import SPANS_KEY, GetTurns, gold_labels, read_turns
from ..data.types import Dialogues, TurnOutput, Vectors
from ..encoders.sentence_transformer import SentenceEncoder
from ..objectives.objectives import Objective
from ..scoring.calibration import fit_temperature
from ..storage.errors import explained_misfit
from ..storage.files import replaced_when_whole
from ..storage.integrity import FORMAT, check_folder, check_sum, make_note, read_note, seal
from ..training.corpus import DialogueCorpus
from ..training.loss import (
    UNLABELLED,
    explained_out_of_memory,
    gold_classes,
    loss_and_gradient,
    taught_probabilities,
)
from .labels import check_neutral, choose_labels
from .similar_turns import TurnIndex
from .turn_predictor import BATCH, TurnPredictor
from .warm_start import ENCODER_FOLDER, WarmStart

INDEX_FILE = "index"
"""Where, in the component's folder, its index of turns lies."""
_CONTENT = "content"
_REMEDY = "set [components.*.model] back to what they were trained with, or train anew"
DEFAULT_MODEL_AND_FUNCTIONS = """
[model]
@architectures = "spacy_casn.CasnModel.v1"
dropout = 0.2

[model.encoder]
@architectures = "spacy_casn.SentenceTransformerEncoder.v1"
name = "all-MiniLM-L6-v2"
batch_tokens = 512
cache_size = 10000

[model.context]
@architectures = "spacy_casn.TransformerContext.v1"
width = 384
depth = 2
heads = 6
window = 32
attention = "past"
dropout = 0.2

[objective]
@misc = "spacy_casn.BalancedCrossEntropy.v1"
power = 0.2

[get_turns]
@misc = "spacy_casn.line_turns.v1"

[scorer]
@scorers = "spacy_casn.emotion_scorer.v1"
"""


@Language.factory(
    "casn_emotion",
    assigns=["doc.spans"],
    default_config={
        "spans_key": SPANS_KEY,
        "neutral_label": "no emotion",
        "abstain_below": 0.0,
        **Config().from_str(DEFAULT_MODEL_AND_FUNCTIONS),
    },
    default_score_weights={
        "emotion_macro_f": 0.5,
        "emotion_micro_f": 0.5,
        "emotion_mcc": 0.0,
        "emotion_triplet_macro_f": 0.0,
    },
)
def make_casn_emotion(
    nlp: Language,
    name: str,
    model: Model[Dialogues, TurnOutput],
    objective: Objective,
    get_turns: GetTurns,
    spans_key: str,
    neutral_label: str,
    abstain_below: float,
    scorer: Callable | None,
) -> "CasnEmotion":
    """The factory behind `nlp.add_pipe("casn_emotion")`; see `CasnEmotion`."""
    return CasnEmotion(
        nlp.vocab,
        model,
        name,
        objective=objective,
        get_turns=get_turns,
        spans_key=spans_key,
        neutral_label=neutral_label,
        abstain_below=abstain_below,
        scorer=scorer,
    )


class CasnEmotion(TurnPredictor):
    """Labels each turn in `doc.spans[spans_key]` with the emotion that it conveys.

    Each span's `label_` is its most probable label, or "" below `abstain_below`; the group's
    `attrs["scores"]` holds the probabilities, float32 (turns, labels), in the order of `labels`.
    What it can do once it is trained stands in `TurnPredictor`, with its settings.
    """

    @property
    def label_data(self) -> list[str]:
        """What `spacy init labels` writes and `initialize` takes."""
        return list(self.trained_labels)

    def add_label(self, label: str) -> int:
        """Add an emotion before training; 0 if it is there already, else 1.

        Raises:
            ValueError: the classifier already has its labels.
        """
        if label in self.trained_labels:
            return 0
        if self.model.has_dim("nO"):
            raise ValueError(
                f"The label '{label}' can't be added to '{self.name}', which was initialized "
                f"with {list(self.trained_labels)}: add labels before, or train anew."
            )
        self.cfg["labels"].append(label)
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
        set_dropout_rate(self.model, drop)
        with explained_out_of_memory(sum(map(len, dialogues))):
            output, backprop = self.model.begin_update(dialogues)
            loss, d_output = self._loss(examples, dialogues, output)
            backprop(d_output)
        if sgd:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(self, examples: Iterable[Example], output: TurnOutput) -> tuple[float, TurnOutput]:
        """The objective over the labelled turns of a batch, and its gradient."""
        examples = list(examples)
        dialogues = self._read(example.predicted for example in examples)
        return self._loss(examples, dialogues, output)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
        warm_start: str | Path | None = None,
        vectors_file: str | Path | None = None,
        dev: str | Path | None = None,
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

        Raises:
            ValueError: no labels, or not those of `warm_start`; weights that don't fit.
        """
        validate_get_examples(get_examples, "CasnEmotion.initialize")
        stage = None if warm_start is None else WarmStart(Path(warm_start), self.name)
        dialogues: Dialogues = []
        found: set[str] = set()
        for example in get_examples():
            turns = read_turns(example.predicted, self.spans_key, self.get_turns)
            found.update(filter(None, gold_labels(example, turns, self.spans_key)))
            dialogues.append(turns)
        self.cfg["labels"] = choose_labels(found, labels or self.trained_labels, stage)
        self.cfg["temperature"] = 1.0
        self.cfg["learned"] = None
        check_neutral(self.neutral_label, self.trained_labels)
        self.model.set_dim("nO", len(self.trained_labels))
        self.model.initialize(X=dialogues[:10])
        encoder = self.sentence_encoder
        if encoder is not None:
            self.cfg["encoder"] = encoder.fingerprint()
        if stage is not None:
            stage.load_weights(self.model, self.cfg.get("encoder"))
            stage.load_encoder(encoder)
        if encoder is not None and encoder.tuning is None:
            if dev is not None and nlp is not None:
                measured = DialogueCorpus(Path(dev), spans_key=self.spans_key)(nlp)
                dialogues += self._read(example.predicted for example in measured)
            self._encode_corpus(dialogues, None if vectors_file is None else Path(vectors_file))

    def calibrate(self, examples: Iterable[Example]) -> float:
        """Fit and set the temperature of the probabilities; labels stay as they are.

        Args:
            examples: Labelled dialogues that training didn't see.

        Raises:
            ValueError: no labelled turn, or an unknown label.
        """
        logits: list[Vectors] = []
        classes: list[int] = []
        for batch in minibatch(examples, BATCH):
            dialogues = self._read(example.predicted for example in batch)
            classes += gold_classes(batch, dialogues, self.trained_labels, self.spans_key)
            logits.append(self.model.ops.to_numpy(self._run(dialogues).logits))
        gold = np.array(classes, dtype=np.int64)
        labelled = gold != UNLABELLED
        if not labelled.any():
            raise ValueError(
                f"'{self.name}' can't be calibrated without labels: give labelled dialogues."
            )
        self.cfg["temperature"] = fit_temperature(np.concatenate(logits)[labelled], gold[labelled])
        return self.cfg["temperature"]

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Both protocols' figures; see `spacy_casn.scoring.scorer.emotion_score`."""
        if self.scorer is None:
            return {}
        examples = list(examples)
        settings = {"spans_key": self.spans_key, "neutral_label": self.neutral_label}
        vectors = list(self.turn_vectors(example.predicted for example in examples))
        return self.scorer(examples, vectors=vectors, **{**settings, **kwargs})

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save settings, weights and the sentence encoder, as a folder of its own.

        The folder appears at once when all is written: weights of two moments never mix.
        """
        encoder = self._encoder_to_save(exclude)
        self.cfg["format"] = FORMAT
        with replaced_when_whole(Path(path)) as folder:
            super().to_disk(folder, exclude=exclude)
            if encoder is not None:
                encoder.save(folder / ENCODER_FOLDER)
            if self.index is not None and INDEX_FILE not in exclude:
                (folder / INDEX_FILE).write_bytes(self.index.to_bytes())
            seal(folder)

    def save_cfg(self, path: str | Path) -> None:
        """Save labels, temperature and the like alone, in a folder that `to_disk` made."""
        self.cfg["format"] = FORMAT
        with replaced_when_whole(Path(path)) as folder:
            shutil.copytree(path, folder)
            srsly.write_json(folder / "cfg", self.cfg)
            seal(folder)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "CasnEmotion":
        """Load what `to_disk` saved; the sentence encoder follows when it is first needed.

        Raises:
            ValueError: the folder isn't as it was saved, comes from a newer version, or doesn't
                fit the config.
        """
        folder = Path(path)
        encoder_sums = check_folder(folder, later=ENCODER_FOLDER)
        super().from_disk(folder, exclude=[*exclude, "model"])
        if "model" not in exclude:
            with explained_misfit(f"The weights in '{folder}'", _REMEDY):
                self.model.from_bytes((folder / "model").read_bytes())
        self._check_labels(str(folder))
        encoder, index = folder / ENCODER_FOLDER, folder / INDEX_FILE
        if self.sentence_encoder is not None and encoder.is_dir():
            self.sentence_encoder.load_from(encoder, encoder_sums)
        if index.is_file() and INDEX_FILE not in exclude:
            self.index = TurnIndex.from_bytes(index.read_bytes())
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Settings, weights and the sentence encoder's files."""
        encoder = self._encoder_to_save(exclude)
        files = {} if encoder is None else encoder.to_files()
        pipe = super().to_bytes(exclude=exclude)
        index = None if self.index is None or INDEX_FILE in exclude else self.index.to_bytes()
        content = srsly.msgpack_dumps({"pipe": pipe, ENCODER_FOLDER: files, INDEX_FILE: index})
        note = make_note({_CONTENT: hashlib.sha256(content).hexdigest()})
        return srsly.msgpack_dumps({**note, _CONTENT: content})

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "CasnEmotion":
        """Load what `to_bytes` gave.

        Raises:
            ValueError: as for `from_disk`.
        """
        place = f"the bytes of {self.name}"
        message = srsly.msgpack_loads(bytes_data)
        if "format" in message:
            sums = read_note(message, message.keys() & {_CONTENT}, place)
            found = hashlib.sha256(message[_CONTENT]).hexdigest()
            check_sum(found, sums[_CONTENT], _CONTENT, place)
            message = srsly.msgpack_loads(message[_CONTENT])
        with explained_misfit(f"The weights in {place}", _REMEDY):
            super().from_bytes(message["pipe"], exclude=exclude)
        self._check_labels(place)
        if self.sentence_encoder is not None and message[ENCODER_FOLDER]:
            self.sentence_encoder.from_files(message[ENCODER_FOLDER])
        if message.get(INDEX_FILE) is not None and INDEX_FILE not in exclude:
            self.index = TurnIndex.from_bytes(message[INDEX_FILE])
        return self

    def _loss(
        self, examples: Sequence[Example], dialogues: Dialogues, output: TurnOutput
    ) -> tuple[float, TurnOutput]:
        gold = examples, dialogues, self.trained_labels, self.spans_key
        return loss_and_gradient(
            self.objective, output, gold_classes(*gold), taught_probabilities(*gold)
        )

    def _check_labels(self, place: str) -> None:
        if self.model.has_dim("nO") and self.model.get_dim("nO") != len(self.trained_labels):
            raise ValueError(
                f"'{place}' has weights for {self.model.get_dim('nO')} labels, but its cfg names "
                f"{list(self.trained_labels)}: get the pipeline again, or train it anew."
            )

    def _encoder_to_save(self, exclude: Iterable[str]) -> SentenceEncoder | None:
        trained = self.model.has_dim("nO")
        return self.sentence_encoder if trained and ENCODER_FOLDER not in exclude else None


register_fork_hooks()
