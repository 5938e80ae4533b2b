"""A table of word vectors from a sentence transformer, by model2vec."""

import importlib.util
from pathlib import Path

import torch
from tokenizers import normalizers
from tokenizers.normalizers import Normalizer

from ..storage.files import replaced_when_whole
from .sentence_transformer import SentenceEncoder
from .token_batches import has_word_pieces
from .word_vectors import VECTORS, write_table

TYPOGRAPHIC = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"}
"""Signs of phones and books, each beside the one that keyboards have in its place."""


def distil_words(encoder: SentenceEncoder, output: Path, width: int) -> int:
    """Write the table of what an encoder makes of each of its word pieces alone.

    Tulkens & van Dongen 2024, Model2Vec: the vectors' principal components, weighted by how rare
    a piece is, as its place in the vocabulary tells.

    Args:
        encoder: Its Transformer is what counts; fine-tuned or not.
        output: The folder to write.
        width: Of the vectors, at most the encoder's.

    Returns:
        How many word pieces have a vector.

    Raises:
        ValueError: model2vec isn't installed, the encoder reads no word pieces, or the width is
            out of its range.
    """
    if importlib.util.find_spec("model2vec") is None:
        raise ValueError(
            f"'{output}' would be made by model2vec, which isn't installed: "
            f"`pip install spacy-casn[fast]`."
        )
    from model2vec.distill import distill_from_model
    from transformers.modeling_utils import PreTrainedModel

    if not 1 <= width <= encoder.width:
        raise ValueError(f"width = {width} must be from 1 to {encoder.width}, the encoder's.")
    model = encoder.model
    if not has_word_pieces(model):
        raise ValueError(
            f"The encoder '{encoder.name}' reads no word pieces: give one with a Transformer."
        )
    transformer = next(part for part in model[0].modules() if isinstance(part, PreTrainedModel))
    words = distill_from_model(
        transformer, model.tokenizer, device="cpu", pca_dims=width, quantize_to="float32"
    )
    table = torch.from_numpy(words.embedding)
    words.tokenizer.normalizer = reading_plain_signs(words.tokenizer.normalizer)
    with replaced_when_whole(output) as folder:
        write_table(folder, words.tokenizer, {VECTORS: table})
    return len(table)


def reading_plain_signs(normalizer: Normalizer) -> Normalizer:
    """Return a tokenizer's normalizer that first puts plain signs in the place of typographic ones.

    Phones write ’ where keyboards write ', and model2vec's tokenizers set only the latter apart.
    """
    replaced = [normalizers.Replace(sign, plain) for sign, plain in TYPOGRAPHIC.items()]
    return normalizers.Sequence([*replaced, normalizer])
