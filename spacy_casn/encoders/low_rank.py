"""A tuned sentence encoder as its difference to the published one, in a few megabytes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LEFT, _RIGHT, _WHOLE = ".left", ".right", ".whole"


def low_rank_delta(
    tuned: Mapping[str, Tensor], base: Mapping[str, Tensor], rank: int
) -> dict[str, Tensor]:
    """Return what takes the base's weights to about the tuned ones.

    A changed matrix becomes two of this rank, whose product is the nearest to the change
    (Eckart & Young 1936, by a truncated SVD); other changed weights are kept whole.

    Args:
        tuned: Weights by name, of the same names and shapes as the base's.
        base: The published weights.
        rank: Columns of the left matrix, and rows of the right one.
    """
    delta: dict[str, Tensor] = {}
    for name, weight in tuned.items():
        change = weight.float() - base[name].float()
        if not change.any():
            continue
        if change.ndim != 2 or min(change.shape) <= rank:
            delta[name + _WHOLE] = change
            continue
        left, values, right = torch.linalg.svd(change, full_matrices=False)
        delta[name + _LEFT] = left[:, :rank] * values[:rank]
        delta[name + _RIGHT] = right[:rank]
    return {name: part.contiguous() for name, part in delta.items()}


@torch.no_grad()
def merge_delta(model: "SentenceTransformer", delta: Mapping[str, Tensor]) -> None:
    """Add what `low_rank_delta` gave to an encoder's weights.

    Raises:
        ValueError: the delta is of another architecture.
    """
    weights = transformer_weights(model)
    for key, part in delta.items():
        name, _, kind = key.rpartition(".")
        if f".{kind}" == _RIGHT:
            continue
        change = (
            part.float() if f".{kind}" == _WHOLE else part.float() @ delta[name + _RIGHT].float()
        )
        if name not in weights or weights[name].shape != change.shape:
            raise ValueError(
                f"The encoder has no weights '{name}' of shape {tuple(change.shape)}, which are to "
                f"be changed: give the encoder that this difference was taken from."
            )
        weights[name].add_(change.to(weights[name].device))


def transformer_weights(model: "SentenceTransformer") -> dict[str, Tensor]:
    """Return the weights of an encoder's Transformer, by names that no version changes.

    sentence-transformers calls them `0.auto_model.*` or `0.model.*`.
    """
    return {name.split(".", 2)[2]: weight for name, weight in model.state_dict().items()}
