import pytest
import torch

from spacy_casn.layers.dropout import Dropout

VALUES = torch.ones(300, 333)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_it_drops_its_share_anywhere_and_keeps_the_mean(share: float) -> None:
    torch.manual_seed(0)
    dropped = Dropout(share)(VALUES)
    zeros = (dropped == 0).float()
    assert zeros.mean().item() == pytest.approx(share, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.04)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - share)), rtol=1e-3, atol=0)
    for places in (zeros.flatten()[start::4] for start in range(4)):
        assert places.mean().item() == pytest.approx(share, abs=0.02)
    neighbours = torch.corrcoef(torch.stack([zeros[:, :-1].flatten(), zeros[:, 1:].flatten()]))
    assert abs(neighbours[0, 1].item()) < 0.02


def test_the_same_seed_drops_the_same_and_gradients_follow() -> None:
    values = torch.randn(5, 7, requires_grad=True)
    torch.manual_seed(1)
    first = Dropout(0.4)(values)
    torch.manual_seed(1)
    assert torch.equal(first, Dropout(0.4)(values))
    (gradient,) = torch.autograd.grad(first.sum(), values)
    torch.testing.assert_close(gradient * values, first)


def test_nothing_is_dropped_outside_of_training_or_for_a_share_of_0_and_all_for_1() -> None:
    assert torch.equal(Dropout(0.5).eval()(VALUES), VALUES)
    assert torch.equal(Dropout(0.0)(VALUES), VALUES)
    assert not Dropout(1.0)(VALUES).any()
