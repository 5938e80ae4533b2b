"""Tiny encoders in the real formats, so that most tests need no pretrained weights."""

from collections.abc import Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel, BertTokenizerFast

try:
    from sentence_transformers.sentence_transformer import modules
except ImportError:  # before sentence-transformers 5.4
    from sentence_transformers import models as modules

_WORDS = (
    "hello there you won lost i a the cake is great terrible no yes what never really why "
    "note bring cash thank fine oh . , ! ? …"
)
WORDS = _WORDS.split()


def save_sentence_encoder(folder: Path, *, width: int = 24, seed: int = 0) -> Path:
    """A bag-of-words sentence transformer with random word vectors."""
    vocabulary = {word: number for number, word in enumerate(["[UNK]", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(len(vocabulary), width, generator=generator)
    module = modules.StaticEmbedding(tokenizer, embedding_weights=vectors.numpy())
    SentenceTransformer(modules=[module], device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )
    return folder


def save_bert_sentence_encoder(
    folder: Path, *, layers: int = 2, seed: int = 0, pieces: Sequence[str] = ()
) -> Path:
    """A sentence transformer with a small BERT that has random weights."""
    saved = save_bert(folder / "bert", layers=layers, seed=seed, pieces=pieces)
    bert = modules.Transformer(str(saved))
    pooling = modules.Pooling(24)
    model = SentenceTransformer(modules=[bert, pooling, modules.Normalize()], device="cpu")
    model.save_pretrained(str(folder / "encoder"), create_model_card=False)
    return folder / "encoder"


def save_bert(
    folder: Path, *, width: int = 24, layers: int = 1, seed: int = 0, pieces: Sequence[str] = ()
) -> Path:
    """A small BERT with random weights, in transformers' format; it knows these pieces too."""
    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *pieces]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=64,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    BertTokenizerFast.from_pretrained(folder, model_max_length=64).save_pretrained(folder)
    return folder
