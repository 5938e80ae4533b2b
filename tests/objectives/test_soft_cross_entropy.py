"""Labels that are shared."""

import pytest
import torch
from torch.nn import functional as F

from spacy_casn.objectives.cross_entropy import BalancedCrossEntropy, SoftCrossEntropy

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
VECTORS = torch.zeros(6, 2)
CLASSES = torch.tensor([0, 0, 0, 1, 2, 1])


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_without_shares_it_is_cross_entropy(power: float) -> None:
    expected = BalancedCrossEntropy(power)(VECTORS, LOGITS, CLASSES)
    torch.testing.assert_close(SoftCrossEntropy(power)(VECTORS, LOGITS, CLASSES), expected)


def test_shares_are_torchs_soft_labels() -> None:
    shares = torch.softmax(torch.randn(6, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    expected = F.cross_entropy(LOGITS, shares)
    torch.testing.assert_close(SoftCrossEntropy()(VECTORS, LOGITS, CLASSES, shares), expected)


def test_turns_without_shares_keep_their_class() -> None:
    shares = F.one_hot(CLASSES, 3).float()
    shares[3:] = torch.nan
    expected = F.cross_entropy(LOGITS, CLASSES)
    torch.testing.assert_close(SoftCrossEntropy()(VECTORS, LOGITS, CLASSES, shares), expected)


def test_a_power_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"power = 2 of SoftCrossEntropy"):
        SoftCrossEntropy(2)
