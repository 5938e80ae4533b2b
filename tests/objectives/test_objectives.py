import math

import pytest
import torch

from spacy_casn.objectives.base import class_weights
from spacy_casn.objectives.cross_entropy import BalancedCrossEntropy
from spacy_casn.objectives.distillation import Distillation
from spacy_casn.objectives.triplet import Triplet

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
    loss = BalancedCrossEntropy(power)(torch.empty(0), logits, CLASSES)
    assert loss.item() == pytest.approx(total / weight_sum, rel=1e-5)


def test_class_weights_have_mean_one_over_the_batch() -> None:
    weights = class_weights(CLASSES, 5, 0.5)
    assert weights[CLASSES].mean().item() == pytest.approx(1)
    assert weights[3:].tolist() == [0, 0]
    assert (weights[2] / weights[0]).item() == pytest.approx(math.sqrt(5 / 2))


def test_a_power_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"power = 1\.5"):
        BalancedCrossEntropy(1.5)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_distillation_is_a_share_of_each(temperature: float) -> None:
    logits = torch.randn(len(CLASSES), 4)
    taught = torch.randn(len(CLASSES), 4).softmax(dim=1)
    cross_entropy = BalancedCrossEntropy(0.2)
    total = 0.0
    for row, probabilities in zip(logits, taught, strict=True):
        powers = probabilities ** (1 / temperature)
        teacher = powers / powers.sum()
        student = (row / temperature).softmax(0)
        total += (teacher * (teacher / student).log()).sum().item()
    expected = 0.75 * temperature**2 * total / len(CLASSES)
    expected += 0.25 * cross_entropy(torch.empty(0), logits, CLASSES).item()
    objective = Distillation(cross_entropy, weight=0.75, temperature=temperature)
    loss = objective(torch.empty(0), logits, CLASSES, taught)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_student_that_agrees_with_its_teacher_has_nothing_to_learn() -> None:
    logits = torch.randn(len(CLASSES), 4, requires_grad=True)
    objective = Distillation(BalancedCrossEntropy(), weight=1.0)
    loss = objective(torch.empty(0), logits, CLASSES, logits.detach().softmax(dim=1))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert gradient.abs().max().item() == pytest.approx(0, abs=1e-6)


def test_a_teacher_may_be_sure() -> None:
    logits = torch.randn(len(CLASSES), 4, requires_grad=True)
    objective = Distillation(BalancedCrossEntropy())
    loss = objective(torch.empty(0), logits, CLASSES, torch.eye(4)[CLASSES])
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(gradient).all()


def test_triplets_may_stand_beside_distillation() -> None:
    vectors, logits = torch.randn(len(CLASSES), 8), torch.randn(len(CLASSES), 4)
    taught = torch.randn(len(CLASSES), 4).softmax(dim=1)
    distillation = Distillation(BalancedCrossEntropy())
    objective = Triplet(distillation, mining="semi-hard", margin=1.0)
    metric = objective.metric_loss(vectors, CLASSES)
    expected = distillation(vectors, logits, CLASSES, taught) + metric
    torch.testing.assert_close(objective(vectors, logits, CLASSES, taught), expected)


def test_distillation_without_a_teacher_is_refused() -> None:
    objective = Distillation(BalancedCrossEntropy())
    with pytest.raises(ValueError, match=r"without a teacher's probabilities .* spacy casn teach"):
        objective(torch.empty(0), torch.randn(len(CLASSES), 4), CLASSES)


@pytest.mark.parametrize(("name", "value"), [("weight", 0), ("weight", 1.1), ("temperature", 0)])
def test_distillation_out_of_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value}"):
        Distillation(BalancedCrossEntropy(), **{name: value})
