"""Texts as batches of word pieces of like length, so that little of a batch is padding."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .precision import Precision, autocast
from .readable import readable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def has_word_pieces(model: "SentenceTransformer") -> bool:
    """Return whether it reads padded word pieces, unlike, say, a bag of words."""
    from transformers.tokenization_utils_base import PreTrainedTokenizerBase

    return isinstance(model.tokenizer, PreTrainedTokenizerBase)


def word_pieces(model: "SentenceTransformer", texts: Sequence[str]) -> list[Tensor]:
    """Return the ids of each text's word pieces, cut at the model's length limit."""
    prompt = model.prompts.get(model.default_prompt_name or "") or ""
    rows = model.tokenizer(
        [prompt + readable(text) for text in texts],
        truncation=True,
        max_length=model.max_seq_length,
    )["input_ids"]
    return [torch.tensor(ids) for ids in rows]


def token_batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Yield rows by rising length, in batches of at most `batch_tokens` once padded.

    A text that is longer is a batch of its own.
    """
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[row] > batch_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def encode_batch(
    model: "SentenceTransformer", batch: Sequence[Tensor], *, precision: Precision
) -> Tensor:
    """Return the vectors of one batch, (texts, width) float32, on the model's device."""
    features = {
        "input_ids": pad_sequence(
            list(batch), batch_first=True, padding_value=model.tokenizer.pad_token_id
        ),
        "attention_mask": pad_sequence([torch.ones_like(ids) for ids in batch], batch_first=True),
    }
    device = model.device
    with autocast(precision, device):
        output = model({name: tensor.to(device) for name, tensor in features.items()})
    return output["sentence_embedding"][:, : model.truncate_dim].float()
