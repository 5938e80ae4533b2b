"""A tuned encoder as its difference to the published one."""

from pathlib import Path

import pytest
import torch

from spacy_casn.encoders.low_rank import low_rank_delta, merge_delta, transformer_weights
from spacy_casn.encoders.safe_folder import load_sentence_transformer


def test_the_whole_rank_gives_the_tuned_weights(fake_bert_encoder: Path) -> None:
    base, tuned = (
        load_sentence_transformer(fake_bert_encoder, name="tiny", device="cpu") for _ in range(2)
    )
    generator = torch.Generator().manual_seed(0)
    changed = transformer_weights(tuned)
    for name, weight in changed.items():
        if "layer" in name:
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.1)
    delta = low_rank_delta(changed, transformer_weights(base), rank=10_000)
    assert all("layer" in name for name in delta)
    merge_delta(base, delta)
    for name, weight in transformer_weights(base).items():
        torch.testing.assert_close(weight, changed[name])


def test_a_low_rank_is_the_nearest() -> None:
    generator = torch.Generator().manual_seed(0)
    base = {"layer.weight": torch.zeros(12, 8)}
    tuned = {"layer.weight": torch.randn(12, 8, generator=generator)}
    delta = low_rank_delta(tuned, base, rank=3)
    found = delta["layer.weight.left"] @ delta["layer.weight.right"]
    values = torch.linalg.svdvals(tuned["layer.weight"])
    error = torch.linalg.norm(found - tuned["layer.weight"])
    torch.testing.assert_close(error, values[3:].square().sum().sqrt())
    assert delta["layer.weight.left"].shape == (12, 3)


def test_another_architecture_is_refused(fake_bert_encoder: Path) -> None:
    model = load_sentence_transformer(fake_bert_encoder, name="tiny", device="cpu")
    with pytest.raises(ValueError, match=r"no weights 'layer\.9' of shape \(2,\)"):
        merge_delta(model, {"layer.9.whole": torch.ones(2)})
