import math

import pytest
import torch

from spacy_casn.metric_learning.objectives import balanced_cross_entropy_v1, class_weights

CLASSES = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0, 2, 1])


@pytest.mark.parametrize("power", [0.0, 0.2, 1.0])
def test_cross_entropy_is_weighted_by_the_batch(power: float) -> None:
    logits = torch.randn(len(CLASSES), 4)
    counts = [5, 3, 2]
    total = weight_sum = 0.0
    for row, value in enumerate(CLASSES.tolist()):
        weight = counts[value] ** -power
        total -= weight * logits[row].log_softmax(0)[value].item()
        weight_sum += weight
    loss = balanced_cross_entropy_v1(power)(torch.empty(0), logits, CLASSES)
    assert loss.item() == pytest.approx(total / weight_sum, rel=1e-5)


def test_class_weights_have_mean_one_over_the_batch() -> None:
    weights = class_weights(CLASSES, 5, 0.5)
    assert weights[CLASSES].mean().item() == pytest.approx(1)
    assert weights[3:].tolist() == [0, 0]
    assert (weights[2] / weights[0]).item() == pytest.approx(math.sqrt(5 / 2))


def test_a_power_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"power = 1\.5"):
        balanced_cross_entropy_v1(1.5)
