"""Training a sentence transformer: which layers, and the pass that gradients come back through."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .precision import Precision, autocast
from .safe_folder import transformer_config
from .token_batches import encode_batch, token_batches, word_pieces

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Tuning:
    """How an encoder learns.

    Args:
        layers: How many of its last layers learn; 0 for all its weights.
        learn_rate_factor: Their learning rate, as a multiple of the optimizer's.
        graph_tokens: Word pieces of a batch whose activations are kept for the way back.

    Raises:
        ValueError: a setting is out of its range.
    """

    layers: int
    learn_rate_factor: float
    graph_tokens: int

    def __post_init__(self) -> None:
        if self.learn_rate_factor <= 0 or self.graph_tokens < 0:
            raise ValueError(
                f"learn_rate_factor = {self.learn_rate_factor} must be above 0, "
                f"and graph_tokens = {self.graph_tokens} at least 0."
            )


def unfreeze(model: "SentenceTransformer", layers: int) -> None:
    """Let gradients reach the last `layers` Transformer layers, or all weights if it is 0.

    Raises:
        ValueError: the model has no Transformer layers, or fewer.
    """
    depth = getattr(transformer_config(model), "num_hidden_layers", 0)
    stacks = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    stack = next((stack for stack in stacks if 0 < len(stack) == depth), None)
    if stack is None:
        raise ValueError(
            "trainable = true needs a sentence encoder with Transformer layers, such as "
            "all-MiniLM-L6-v2: set it to false, or give another encoder."
        )
    if not 0 <= layers <= depth:
        raise ValueError(
            f"trainable_layers = {layers}, but the sentence encoder has {depth} layers: give at "
            f"most as many, or 0 for the whole encoder, its word embeddings too."
        )
    model.requires_grad_(layers == 0)
    stack[depth - layers :].requires_grad_(True)


def encode_for_training(
    model: "SentenceTransformer",
    texts: Sequence[str],
    tuning: Tuning,
    *,
    batch_tokens: int,
    precision: Precision,
) -> Tensor:
    """Return the texts' vectors, (texts, width) float32, on the graph of the weights.

    The distinct texts are encoded in batches of like length. What a batch needs on the way
    back is kept up to `graph_tokens` and computed anew beyond
    (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost), so that memory doesn't
    grow with the batch. The model's mode decides on dropout.
    """
    distinct = list(dict.fromkeys(texts))
    ids = word_pieces(model, distinct)
    vectors: list[Tensor] = []
    order: list[int] = []
    kept = 0
    run = partial(encode_batch, model, precision=precision)
    with autocast(precision, model.device):  # around all batches: each weight is cast once
        for rows in token_batches([len(row) for row in ids], batch_tokens):
            batch = [ids[row] for row in rows]
            kept += len(batch) * len(batch[-1])
            if kept > tuning.graph_tokens:
                # The input ids need no gradient, the weights do: hence no reentrant variant.
                vectors.append(checkpoint(run, batch, use_reentrant=False))
            else:
                vectors.append(run(batch))
            order.extend(rows)
    place = {distinct[row]: number for number, row in enumerate(order)}
    return torch.cat(vectors)[[place[text] for text in texts]]
