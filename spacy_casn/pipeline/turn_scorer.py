"""Runs the model of a component, and makes probabilities of what it gives."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from spacy.util import minibatch
from thinc.api import Model, get_torch_default_device
from thinc.types import Floats2d

from ..data.types import Dialogues, Scores, TurnOutput, Turns, Vectors
from ..encoders.base import encoder_of
from ..encoders.batch_halving import BatchHalving
from ..models.architectures import predict_next, speaker_relations
from ..models.context_encoder import Memory
from .annotations import ContextShare
from .label_prior import LabelPrior
from .learned_labels import KnownLabels

BATCH = 128
"""Dialogues run at once where the caller doesn't batch them."""
BATCH_TURNS = 2048
"""Turns run at once: what the layers make of more doesn't fit into a processor's caches."""


class TurnScorer:
    """What a component predicts by.

    Args:
        model: Such as `spacy_casn.CasnModel.v1`.
        labels: Those that the component decides among.
        prior: The prior of the trained ones.
        cfg: The component's settings, as they are saved; it reads the temperature.
    """

    def __init__(
        self,
        model: Model[Dialogues, TurnOutput],
        labels: KnownLabels,
        prior: LabelPrior,
        cfg: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.labels = labels
        self.prior = prior
        self.cfg = cfg
        self._halving = BatchHalving("the batch_size of nlp.pipe")

    def run(self, dialogues: Dialogues) -> TurnOutput:
        """Return the model's output for all turns; dialogues may be empty."""
        spoken = [turns for turns in dialogues if turns]
        ops = self.model.ops
        if not spoken:
            width = self.model.get_ref("context").get_dim("nO")
            return TurnOutput(ops.alloc2f(0, width), ops.alloc2f(0, len(self.labels.trained)))
        batches = _in_batches(spoken)
        outputs = list(self._halving.run(self.model.predict, batches, name=_name_dialogue))
        return TurnOutput(*map(ops.xp.concatenate, zip(*outputs, strict=True)))

    def probabilities(self, output: TurnOutput) -> Scores:
        """Return (turns, labels), by the classifier or by the learned labels' prototypes.

        Raises:
            ValueError: one is no finite number.
        """
        ops = self.model.ops
        learned = self.labels.learned
        if learned is not None:
            by_distance = learned.logits(ops.to_numpy(output.vectors))
            logits = ops.asarray2f(cast(Floats2d, by_distance))
        else:
            logits = output.logits / self.cfg.get("temperature", 1.0)
            offset = self.prior.offset()
            if offset is not None:
                logits = logits + ops.xp.asarray(offset)
        found = ops.to_numpy(ops.softmax(logits))
        if not np.isfinite(found).all():
            raise ValueError(
                f"The weights of '{self.labels.name}' are broken, since a probability that they "
                f"give is no finite number: take the checkpoint model-best, lower the optimizer's "
                f"learn_rate, or get the pipeline again."
            )
        return found

    def tempered_logits(self, dialogues: Dialogues) -> Vectors:
        """Return the classifier's logits over the temperature, (turns, labels)."""
        logits = self.model.ops.to_numpy(self.run(dialogues).logits)
        return logits / np.float32(self.cfg.get("temperature", 1.0))

    def scores(self, dialogues: Dialogues) -> list[Scores]:
        """Return each dialogue's probabilities, (turns, labels)."""
        return _split(self.probabilities(self.run(dialogues)), dialogues)

    def vectors(self, dialogues: Iterable[Turns]) -> Iterator[Vectors]:
        """Yield each dialogue's contextual vectors, (turns, width)."""
        for batch in minibatch(dialogues, BATCH):
            yield from _split(self.model.ops.to_numpy(self.run(batch).vectors), batch)

    def context_share(self, turns: Turns, row: int) -> ContextShare:
        """Compare a turn's scores with those that it has where the turns before are hidden."""
        names = self.labels.names
        seen, hidden = self.scores([turns])[0][row], self.scores([Turns(turns[row:])])[0][0]
        return ContextShare(
            dict(zip(names, seen.tolist(), strict=True)),
            dict(zip(names, hidden.tolist(), strict=True)),
        )

    def score_next(
        self, text: str, memory: Memory, *, speaker: str, before: str
    ) -> tuple[Scores, Memory]:
        """Score the next turn of a dialogue; see `CasnEmotion.score_next`."""
        relation = speaker_relations([[before, speaker]])[1]
        encoder = encoder_of(self.model)
        encoder.to(get_torch_default_device())
        utterance = self.model.ops.asarray2f(cast(Floats2d, encoder.encode([text])))
        output, memory = predict_next(self.model, utterance, relation, memory)
        return self.probabilities(output)[0], memory

    def encode_corpus(self, dialogues: Dialogues, vectors_file: Path | None = None) -> None:
        """Encode turns that are needed again, and keep their vectors, in a file too if given."""
        encoder = encoder_of(self.model)
        encoder.to(get_torch_default_device())
        texts = (text for turns in dialogues for text in turns.texts)
        encoder.encode_corpus(texts, vectors_file)


def _name_dialogue(turns: Turns) -> str:
    return f"A dialogue of {len(turns)} turns"


def _in_batches(dialogues: Dialogues) -> Iterator[Dialogues]:
    """Yield the dialogues in batches of `BATCH_TURNS`; the last of a batch may go beyond."""
    batch: Dialogues = []
    size = 0
    for turns in dialogues:
        batch.append(turns)
        size += len(turns)
        if size >= BATCH_TURNS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _split(rows: Vectors, dialogues: Dialogues) -> list[Vectors]:
    return np.split(rows, np.cumsum([len(turns) for turns in dialogues], dtype=int))[:-1]
