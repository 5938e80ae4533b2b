"""From a batch's gold labels to the objective's value and gradient."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np
import torch
from spacy.training import Example
from thinc.api import torch2xp, xp2torch
from thinc.types import Floats2d

from ..data.dialogue import gold_labels, place_of
from ..data.types import Dialogues, TurnOutput, Vectors
from ..objectives.base import Objective
from ..storage.shown import quoted

UNLABELLED = -1


def gold_classes(
    examples: Sequence[Example], dialogues: Dialogues, labels: Sequence[str], spans_key: str
) -> list[int]:
    """Return each turn's class, dialogue after dialogue; `UNLABELLED` for one without label.

    Raises:
        ValueError: a label that is none of `labels`.
    """
    index = {label: number for number, label in enumerate(labels)} | {"": UNLABELLED}
    classes = []
    for example, turns in zip(examples, dialogues, strict=True):
        for turn, label in zip(turns, gold_labels(example, turns, spans_key), strict=True):
            if label not in index:
                raise ValueError(
                    f"The emotion {quoted(label)} of the turn {quoted(turn.text)} is none of "
                    f"{list(labels)}, with which the component was initialized: correct it, or "
                    f"train anew."
                )
            classes.append(index[label])
    return classes


def taught_probabilities(
    examples: Sequence[Example], dialogues: Dialogues, labels: Sequence[str], spans_key: str
) -> Vectors | None:
    """Return the scores that gold turns carry, (turns, labels), dialogue after dialogue.

    A turn that has none, or has those of other labels, has a row of NaN; None where no turn has
    any.
    """
    rows: list[Vectors] = []
    none = np.full(len(labels), np.nan, dtype=np.float32)
    known = False
    for example, turns in zip(examples, dialogues, strict=True):
        found = _gold_scores(example, labels, spans_key)
        known = known or bool(found)
        rows += [found.get(place_of(turn), none) for turn in turns]
    return np.stack(rows) if known else None


def _gold_scores(
    example: Example, labels: Sequence[str], spans_key: str
) -> dict[tuple[int, int], Vectors]:
    """Return the scores of each gold turn, by its place, in the order of the labels."""
    turns = example.reference.spans.get(spans_key)
    names = [] if turns is None else turns.attrs.get("labels", [])
    if turns is None or "scores" not in turns.attrs or set(names) != set(labels):
        return {}
    scores = turns.attrs["scores"][:, [names.index(label) for label in labels]]
    return {place_of(turn): row for turn, row in zip(turns, scores, strict=True)}


def loss_and_gradient(
    objective: Objective,
    output: TurnOutput,
    classes: Sequence[int],
    taught: Vectors | None = None,
    offsets: Vectors | None = None,
) -> tuple[float, TurnOutput]:
    """Return the objective over the labelled turns, and its gradient; zeros if there are none.

    Args:
        objective: What training minimizes.
        output: What the model gave for the batch's turns.
        classes: Of each turn, as `gold_classes` gives them.
        taught: Probabilities that the turns carry, as `taught_probabilities` gives them.
        offsets: What is added to the logits before, (turns, labels), such as a prior.

    Raises:
        ValueError: the objective is no finite number.
    """
    vectors = xp2torch(output.vectors, requires_grad=True)
    logits = xp2torch(output.logits, requires_grad=True)
    gold = torch.tensor(classes, device=logits.device)
    labelled = gold != UNLABELLED
    if not labelled.any():
        loss = logits.sum() * 0.0
    else:
        teacher = None if taught is None else torch.from_numpy(taught).to(logits.device)[labelled]
        scored = logits if offsets is None else logits + torch.from_numpy(offsets).to(logits.device)
        loss = objective(vectors[labelled], scored[labelled], gold[labelled], teacher)
    value = loss.item()
    if not math.isfinite(value):
        raise ValueError(
            f"The loss of a batch of {len(classes)} turns is {value}, so training can't go on: "
            f"lower the optimizer's learn_rate, or the encoder's learn_rate_factor, or set its "
            f'precision to "fp32". The checkpoint model-best is the last good one.'
        )
    d_vectors, d_logits = torch.autograd.grad(
        loss, (vectors, logits), allow_unused=True, materialize_grads=True
    )
    return value, TurnOutput(
        cast(Floats2d, torch2xp(d_vectors)), cast(Floats2d, torch2xp(d_logits))
    )


@contextmanager
def explained_out_of_memory(turns: int) -> Iterator[None]:
    """Say what to do when a batch of so many turns doesn't fit into memory.

    Raises:
        MemoryError: in place of what PyTorch or Python raised.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # PyTorch has a type of its own for accelerators, but not for the CPU's allocator.
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        raise MemoryError(
            f"A batch of {turns} turns doesn't fit into memory: lower the batcher's size, raise "
            f"accumulate_gradient, or lower the encoder's graph_tokens. The checkpoint "
            f"model-best is the last good one."
        ) from error
