from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from spacy_casn.encoders.fine_tuning import Tuning, encode_for_training, unfreeze
from spacy_casn.encoders.precision import Precision, autocast, computes_in_bf16

TEXTS = ["you won", "the cake is great .", "no", "you won", "", "what ? really ? why ? no !"]


@pytest.fixture
def model(fake_bert_encoder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(fake_bert_encoder), device="cpu").eval()


def encode(
    model: SentenceTransformer,
    *,
    batch_tokens: int = 64,
    graph_tokens: int = 64,
    precision: Precision = "fp32",
) -> Tensor:
    tuning = Tuning(0, 1.0, graph_tokens)
    return encode_for_training(model, TEXTS, tuning, batch_tokens=batch_tokens, precision=precision)


def gradients(model: SentenceTransformer, vectors: Tensor) -> Iterator[Tensor]:
    model.zero_grad()
    (vectors * torch.arange(vectors.numel()).view_as(vectors).cos()).sum().backward()
    for weight in model.parameters():
        if weight.grad is not None:
            yield weight.grad.clone()


@pytest.mark.parametrize("batch_tokens", [1, 9, 1000])
def test_without_dropout_it_is_the_sentence_transformers_own_encoding(
    model: SentenceTransformer, batch_tokens: int
) -> None:
    vectors = encode(model, batch_tokens=batch_tokens).detach().numpy()
    np.testing.assert_allclose(vectors, model.encode(TEXTS), atol=1e-6)


@pytest.mark.parametrize("graph_tokens", [0, 10, 1000])
def test_the_gradient_is_that_of_one_pass(model: SentenceTransformer, graph_tokens: int) -> None:
    unfreeze(model, 0)
    in_pieces = list(gradients(model, encode(model, batch_tokens=9, graph_tokens=graph_tokens)))
    features = model.tokenizer(TEXTS, padding=True, return_tensors="pt")
    at_once = list(gradients(model, model(dict(features))["sentence_embedding"]))
    assert len(in_pieces) == len(at_once) > 10
    for found, expected in zip(in_pieces, at_once, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("graph_tokens", [0, 10, 1000])
def test_the_gradient_in_bf16_is_close(model: SentenceTransformer, graph_tokens: int) -> None:
    unfreeze(model, 0)
    vectors = encode(model, batch_tokens=9, graph_tokens=graph_tokens, precision="bf16")
    found = torch.cat([gradient.flatten() for gradient in gradients(model, vectors)])
    expected = torch.cat([gradient.flatten() for gradient in gradients(model, encode(model))])
    assert found.dtype == torch.float32
    assert torch.cosine_similarity(found, expected, dim=0) > 0.999


def test_what_is_computed_anew_drops_the_same_activations(model: SentenceTransformer) -> None:
    unfreeze(model, 0)
    model.train()
    found = []
    for graph_tokens in (0, 1000):
        torch.manual_seed(0)
        vectors = encode(model, batch_tokens=9, graph_tokens=graph_tokens)
        found.append(list(gradients(model, vectors)))
    assert not torch.equal(vectors, encode(model))
    for anew, kept in zip(*found, strict=True):
        torch.testing.assert_close(anew, kept)


def test_activations_beyond_the_limit_are_not_kept(model: SentenceTransformer) -> None:
    unfreeze(model, 0)
    kept = []
    for graph_tokens in (0, 1000):
        sizes: list[int] = []
        # What checkpoint saves for its second pass counts here too, small as it is.
        with torch.autograd.graph.saved_tensors_hooks(_counting(sizes), torch.Tensor.detach):
            encode(model, batch_tokens=9, graph_tokens=graph_tokens)
        kept.append(sum(sizes))
    assert kept[0] < kept[1] / 10


def _counting(sizes: list[int]):
    def pack(tensor: Tensor) -> Tensor:
        sizes.append(tensor.numel())
        return tensor

    return pack


@pytest.mark.parametrize(("layers", "expected"), [(1, {"1"}), (2, {"0", "1"})])
def test_only_the_last_layers_learn(
    model: SentenceTransformer, layers: int, expected: set[str]
) -> None:
    unfreeze(model, layers)
    learning = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert {name.split("layer.")[1].split(".")[0] for name in learning} == expected
    unfreeze(model, 0)
    assert all(weight.requires_grad for weight in model.parameters())


def test_layers_that_are_not_there_are_refused(
    model: SentenceTransformer, fake_encoder: Path
) -> None:
    with pytest.raises(ValueError, match=r"trainable_layers = 3, but .* has 2 layers"):
        unfreeze(model, 3)
    with pytest.raises(ValueError, match=r"trainable = true needs .* Transformer layers"):
        unfreeze(SentenceTransformer(str(fake_encoder), device="cpu"), 0)


def test_bf16_is_close_and_auto_asks_the_processor(
    model: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu = torch.device("cpu")
    exact = model.encode(TEXTS)
    with autocast("bf16", cpu):
        rounded = model.encode(TEXTS)
    assert 0 < np.abs(rounded - exact).max() < 0.02
    for capability in ("avx512_bf16", "amx_bf16"):
        monkeypatch.setattr(torch.cpu, "get_capabilities", {capability: True}.copy)
        assert computes_in_bf16("auto", cpu)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert not computes_in_bf16("auto", cpu)
    assert not computes_in_bf16("fp32", cpu)
