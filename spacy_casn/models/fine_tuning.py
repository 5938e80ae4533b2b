"""Training a sentence transformer: which layers, and the pass that gradients come back through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.checkpoint import checkpoint

from .precision import Precision, autocast

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Tuning:
    """How an encoder learns.

    Args:
        layers: How many of its last layers learn; 0 for all its weights.
        learn_rate_factor: Their learning rate, as a multiple of the optimizer's.
        batch_tokens: Word pieces encoded at once, padding counted; a longer text is alone.
        graph_tokens: Word pieces of a batch whose activations are kept for the way back.

    Raises:
        ValueError: a setting is out of its range.
    """

    layers: int
    learn_rate_factor: float
    batch_tokens: int
    graph_tokens: int

    def __post_init__(self) -> None:
        if self.learn_rate_factor <= 0 or self.batch_tokens < 1 or self.graph_tokens < 0:
            raise ValueError(
                f"learn_rate_factor = {self.learn_rate_factor} must be above 0, "
                f"batch_tokens = {self.batch_tokens} at least 1, "
                f"and graph_tokens = {self.graph_tokens} at least 0."
            )


def unfreeze(model: "SentenceTransformer", layers: int) -> None:
    """Let gradients reach the last `layers` Transformer layers, or all weights if it is 0.

    Raises:
        ValueError: the model has no Transformer layers, or fewer.
    """
    depth = getattr(getattr(model[0], "config", None), "num_hidden_layers", 0)
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
    precision: Precision,
) -> Tensor:
    """The texts' vectors, (texts, width) float32, on the graph of the model's weights.

    The distinct texts are sorted by length and encoded in pieces, so that little is padding.
    What a piece needs on the way back is kept up to `graph_tokens` and computed anew beyond
    (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost), so that memory doesn't
    grow with the batch. The model's mode decides on dropout.
    """
    distinct = list(dict.fromkeys(texts))
    ids = [
        torch.tensor(tokens)
        for tokens in model.tokenizer(distinct, truncation=True, max_length=model.max_seq_length)[
            "input_ids"
        ]
    ]
    vectors: list[Tensor] = []
    order: list[int] = []
    kept = 0
    for rows in _pieces([len(tokens) for tokens in ids], tuning.batch_tokens):
        piece = [ids[row] for row in rows]
        kept += len(piece) * len(piece[-1])
        run = partial(_encode_piece, model, precision=precision)
        if kept > tuning.graph_tokens:
            # The input ids need no gradient, the weights do: hence no reentrant variant.
            vectors.append(checkpoint(run, piece, use_reentrant=False))
        else:
            vectors.append(run(piece))
        order.extend(rows)
    place = {distinct[row]: number for number, row in enumerate(order)}
    return torch.cat(vectors)[[place[text] for text in texts]]


def _pieces(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Rows by rising length, in pieces of at most `batch_tokens` once padded."""
    piece: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if piece and (len(piece) + 1) * lengths[row] > batch_tokens:
            yield piece
            piece = []
        piece.append(row)
    if piece:
        yield piece


def _encode_piece(
    model: "SentenceTransformer", piece: list[Tensor], *, precision: Precision
) -> Tensor:
    features = {
        "input_ids": pad_sequence(
            piece, batch_first=True, padding_value=model.tokenizer.pad_token_id
        ),
        "attention_mask": pad_sequence([torch.ones_like(ids) for ids in piece], batch_first=True),
    }
    device = model.device
    with autocast(precision, device):
        output = model({name: tensor.to(device) for name, tensor in features.items()})
    return output["sentence_embedding"].float()
