"""Which labels a component expects before it has read a turn, and how that decides.

What a model has learned of a turn is evidence, its logits. A probability is evidence together
with a prior, the share of turns that have each label, and the prior of one kind of conversation is
wrong in another: four in five turns of a textbook's dialogues carry no emotion, and few of a
complaint do.

    probabilities = softmax(logits / temperature + log(prior) - log(prior within the logits))

Training on one corpus leaves that corpus' prior in the logits. Training on several at once adds
each corpus' own to the logits of its turns, so that the logits are evidence alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.types import Vectors
from ..scoring.prior_estimate import PriorEstimate, estimate_prior

TRAINED = "trained"
"""The prior of the dialogues that were trained on."""
Prior = str | dict[str, float]
"""The name of a corpus that was trained on, `trained`, or the share of each label."""


class LabelPrior:
    """The priors that a component knows, and the one that it decides by.

    Args:
        name: The component's name.
        cfg: Its settings, where what is learned and chosen is kept.
        configured: What the config says; None leaves it to what was saved, or `trained`.

    Raises:
        ValueError: `configured` is no distribution.
    """

    def __init__(self, name: str, cfg: dict[str, Any], configured: Prior | None) -> None:
        self.name = name
        self.cfg = cfg
        self.configured = configured
        if isinstance(configured, dict):
            check_shares(configured)

    @property
    def chosen(self) -> Prior:
        """What is decided by: what was set last, in the config or by `choose`."""
        saved = self.cfg.get("label_prior")
        if saved is not None and saved["configured"] == self.configured:
            return saved["prior"]
        return TRAINED if self.configured is None else self.configured

    def choose(self, prior: Prior) -> None:
        """Decide by this prior from now on; raises ValueError where it can't be."""
        self.shares(prior)
        self.cfg["label_prior"] = {"configured": self.configured, "prior": prior}

    def learn(
        self, shares: Mapping[str, NDArray[np.float64]], turns: Mapping[str, int], *, apart: bool
    ) -> None:
        """Keep the priors of the corpora that are trained on.

        Args:
            shares: Of each corpus, (labels,), in the order of the labels.
            turns: How many labelled turns each corpus has.
            apart: Whether each corpus' prior is added to its turns' logits in training.
        """
        # A corpus without labelled turns has shares too, if all alike.
        weights = [max(turns[name], 1) for name in shares]
        mean = np.average(list(shares.values()), axis=0, weights=weights)
        self.cfg["priors"] = {TRAINED: mean.tolist()} | {
            name: of_it.tolist() for name, of_it in shares.items() if name
        }
        self.cfg["priors_apart"] = apart
        self.cfg["label_prior"] = None

    @property
    def apart(self) -> bool:
        """Whether the logits are evidence alone, without any prior in them."""
        return bool(self.cfg.get("priors_apart"))

    def shares(self, prior: Prior) -> NDArray[np.float64]:
        """Return a prior's shares, (labels,).

        Raises:
            ValueError: it names no corpus that was trained on, or is no distribution over the
                labels.
        """
        labels = self.cfg["labels"]
        if isinstance(prior, str):
            known: dict[str, list[float]] = self.cfg.get("priors") or {}
            if prior not in known:
                raise ValueError(
                    f"label_prior = '{prior}' of '{self.name}' is no corpus that it was trained "
                    f"on: give {', '.join(known) or 'nothing else, since it was saved before '}"
                    f"{'' if known else 'priors were kept'}, or the share of each label."
                )
            return np.array(known[prior])
        check_shares(prior)
        for label in [*prior, *labels]:
            if label not in labels or label not in prior:
                raise ValueError(
                    f"label_prior of '{self.name}' has the labels {sorted(prior)}, but '{label}' "
                    f"is {'missing' if label in labels else 'no label of it'}: give a share for "
                    f"each of {list(labels)}."
                )
        return np.array([prior[label] for label in labels])

    def with_neutral(self, share: float, neutral: str) -> dict[str, float]:
        """Return the prior that is decided by with another share of neutral turns.

        Args:
            share: Of neutral turns, above 0 and below 1; the other labels keep their ratios.
            neutral: The neutral label.

        Raises:
            ValueError: the share is out of its range, or there is no such label.
        """
        labels = list(self.cfg["labels"])
        if not 0 < share < 1:
            raise ValueError(f"A neutral share of {share} must lie above 0 and below 1.")
        if neutral not in labels:
            raise ValueError(
                f"'{self.name}' has no neutral label whose share could be {share}: set its "
                f"neutral_label to one of {labels}."
            )
        shares = dict(zip(labels, self.shares(self.chosen).tolist(), strict=True))
        rest = 1 - shares[neutral]
        scaled = {name: value * (1 - share) / rest for name, value in shares.items()}
        return scaled | {neutral: share}

    def adapt(self, logits: Iterable[Vectors]) -> PriorEstimate:
        """Estimate the labels' shares in dialogues of one's own, and decide by them from now on.

        Args:
            logits: Of each dialogue, (turns, labels), over the temperature.

        Raises:
            ValueError: there are too few turns, or no prior of training is known.
        """
        included = 0 if self.apart else np.log(self.shares(TRAINED))
        evidence = [each - included for each in logits]
        numbers = np.repeat(np.arange(len(evidence)), list(map(len, evidence)))
        labels = self.cfg["labels"]
        stacked = np.concatenate([np.empty((0, len(labels))), *evidence])
        estimate = estimate_prior(stacked, numbers, labels, before=self.shares(self.chosen))
        self.choose(estimate.shares)
        return estimate

    def offset(self, prior: Prior | None = None) -> Vectors | None:
        """Return what is added to the tempered logits, (labels,), None for nothing.

        Args:
            prior: To decide by; by default what was chosen.
        """
        prior = self.chosen if prior is None else prior
        if prior == TRAINED and not self.apart:
            return None
        offset = np.log(self.shares(prior))
        if not self.apart:
            offset -= np.log(self.shares(TRAINED))
        return offset.astype(np.float32)

    def training_offsets(
        self, corpora: Sequence[str], turns: Sequence[int]
    ) -> NDArray[np.float32] | None:
        """Return what training adds to the logits, (turns, labels), None for nothing.

        Args:
            corpora: The corpus of each dialogue.
            turns: How many turns each dialogue has.

        Raises:
            ValueError: a corpus was not there when training began.
        """
        if not self.apart:
            return None
        rows = [np.log(self.shares(corpus or TRAINED)) for corpus in corpora]
        return np.repeat(np.stack(rows), turns, axis=0).astype(np.float32)


def check_shares(prior: Mapping[str, float]) -> None:
    """Raise ValueError unless the shares are above 0 and add up to 1, give or take 0.001."""
    for label, share in prior.items():
        if not isinstance(share, int | float) or not 0 < share <= 1:
            raise ValueError(
                f"label_prior: the share of '{label}' is {share}: give one above 0, and at most 1."
            )
    if abs(sum(prior.values()) - 1) > 1e-3:
        raise ValueError(
            f"label_prior: the shares add up to {sum(prior.values()):.4g}, not to 1: correct them."
        )
