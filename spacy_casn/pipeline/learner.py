"""What a component learns of labelled dialogues: labels and priors, weights, the temperature."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from spacy.training import Example
from thinc.api import Model, set_dropout_rate

from ..compat import FREED_MEMORY
from ..data.dialogue import gold_labels
from ..data.types import Dialogues, TurnOutput, Vectors
from ..encoders.base import encoder_of
from ..layers.torch_layer import dropout_at_least
from ..objectives.base import Objective
from ..scoring.calibration import fit_temperature
from ..training.joint import corpus_of, label_shares
from ..training.loss import (
    UNLABELLED,
    explained_out_of_memory,
    gold_classes,
    loss_and_gradient,
    taught_probabilities,
)
from .label_prior import LabelPrior
from .labels import check_neutral, choose_labels, neutral_among
from .turn_scorer import TurnScorer
from .warm_start import WarmStart


class Learner:
    """What trains a component.

    Args:
        name: The component's name.
        model: Such as `spacy_casn.CasnModel.v1`.
        cfg: The component's settings, where labels and temperature are kept.
        prior: Learns the corpora's label shares.
        turns: Runs the model.
    """

    def __init__(
        self,
        name: str,
        model: Model[Dialogues, TurnOutput],
        cfg: dict[str, Any],
        prior: LabelPrior,
        turns: TurnScorer,
    ) -> None:
        self.name = name
        self.model = model
        self.cfg = cfg
        self.prior = prior
        self.turns = turns

    def prepare(
        self,
        examples: Sequence[Example],
        dialogues: Dialogues,
        spans_key: str,
        *,
        labels: Sequence[str],
        neutral_label: str,
        stage: WarmStart | None,
        priors_apart: bool,
    ) -> None:
        """Settle the labels and their priors, and make the weights; see `CasnEmotion.initialize`.

        Args:
            examples: Of training.
            dialogues: Their predicted turns.
            spans_key: Name of the span group.
            labels: Those that are given, if any.
            neutral_label: Must be one of them, by this or another known name, or "".
            stage: The pipeline that gives its weights and labels, if any.
            priors_apart: Whether training adds each corpus' prior to the logits.
        """
        found: set[str] = set()
        for example, turns in zip(examples, dialogues, strict=True):
            found.update(filter(None, gold_labels(example, turns, spans_key)))
        chosen = choose_labels(found, labels, stage)
        self.cfg.update(labels=chosen, temperature=1.0, learned=None)
        check_neutral(neutral_among(neutral_label, chosen), chosen)
        shares, labelled = label_shares(examples, chosen, spans_key)
        self.prior.learn(shares, labelled, apart=priors_apart)
        self.model.set_dim("nO", len(chosen))
        self.model.initialize(X=dialogues[:10])
        encoder = encoder_of(self.model)
        self.cfg["encoder"] = encoder.fingerprint()
        if stage is not None:
            stage.load_weights(self.model, encoder)
            stage.load_encoder(encoder)

    def learn(
        self,
        examples: Sequence[Example],
        dialogues: Dialogues,
        spans_key: str,
        *,
        objective: Objective,
        drop: float,
    ) -> float:
        """Add a batch's gradient to the model's, and return the objective's value.

        Raises:
            ValueError: an unknown label, or a loss that is no finite number.
            MemoryError: the batch is too large.
        """
        set_dropout_rate(self.model, drop)
        size = sum(map(len, dialogues))
        with dropout_at_least(self.model, drop), explained_out_of_memory(size):
            output, backprop = self.model.begin_update(dialogues)
            loss, d_output = self.loss(examples, dialogues, spans_key, output, objective)
            backprop(d_output)
        del output, backprop, d_output
        FREED_MEMORY.give_back()
        return loss

    def loss(
        self,
        examples: Sequence[Example],
        dialogues: Dialogues,
        spans_key: str,
        output: TurnOutput,
        objective: Objective,
    ) -> tuple[float, TurnOutput]:
        """Return the objective over the labelled turns of a batch, and its gradient."""
        gold = examples, dialogues, self.cfg["labels"], spans_key
        names = [corpus_of(example, spans_key) for example in examples]
        return loss_and_gradient(
            objective,
            output,
            gold_classes(*gold),
            taught_probabilities(*gold),
            self.prior.training_offsets(names, list(map(len, dialogues))),
        )

    def calibrate(
        self, batches: Iterable[tuple[Sequence[Example], Dialogues]], spans_key: str
    ) -> float:
        """Fit the temperature to examples and their predicted turns; see `CasnEmotion.calibrate`.

        Raises:
            ValueError: no labelled turn, or an unknown label.
        """
        logits: list[Vectors] = []
        classes: list[int] = []
        names: list[str] = []
        lengths: list[int] = []
        for examples, dialogues in batches:
            classes += gold_classes(examples, dialogues, self.cfg["labels"], spans_key)
            logits.append(self.model.ops.to_numpy(self.turns.run(dialogues).logits))
            names += [corpus_of(example, spans_key) for example in examples]
            lengths += map(len, dialogues)
        gold = np.array(classes, dtype=np.int64)
        labelled = gold != UNLABELLED
        if not labelled.any():
            raise ValueError(
                f"'{self.name}' can't be calibrated without labels: give labelled dialogues."
            )
        offsets = self.prior.training_offsets(names, lengths)
        self.cfg["temperature"] = fit_temperature(
            np.concatenate(logits)[labelled],
            gold[labelled],
            None if offsets is None else offsets[labelled],
        )
        return self.cfg["temperature"]
