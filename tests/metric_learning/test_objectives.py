import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from spacy_casn.metric_learning.miners import UniformMiner
from spacy_casn.metric_learning.objectives import (
    balanced_cross_entropy_v1,
    class_weights,
    triplet_v1,
)

CLASSES = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0, 2, 1])
MARGIN = 0.3


@pytest.fixture
def vectors() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(len(CLASSES), 5, requires_grad=True)


def distance(vectors: Tensor, left: int, right: int, kind: str) -> Tensor:
    if kind == "euclidean":
        return (vectors[left] - vectors[right]).norm()
    return 1 - torch.cosine_similarity(vectors[left], vectors[right], dim=0)


def mined(vectors: Tensor, mining: str, kind: str) -> Iterator[tuple[int, int, int]]:
    """All triplets that a miner is to find, by brute force."""
    rows = range(len(CLASSES))
    for anchor in rows:
        positives = [row for row in rows if row != anchor and CLASSES[row] == CLASSES[anchor]]
        negatives = [row for row in rows if CLASSES[row] != CLASSES[anchor]]
        apart = {row: distance(vectors, anchor, row, kind).item() for row in rows}
        if mining == "batch-hard":
            yield anchor, max(positives, key=apart.get), min(negatives, key=apart.get)
        else:
            for positive in positives:
                for negative in negatives:
                    if 0 < apart[negative] - apart[positive] <= MARGIN:
                        yield anchor, positive, negative


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


@pytest.mark.parametrize("mining", ["semi-hard", "batch-hard"])
@pytest.mark.parametrize("kind", ["cosine", "euclidean"])
def test_triplet_loss_equals_a_loop(vectors: Tensor, mining: str, kind: str) -> None:
    objective = triplet_v1(
        balanced_cross_entropy_v1(), mining, MARGIN, kind, weight=2.0, turns_per_class=10
    )
    triplets = list(mined(vectors, mining, kind))
    assert triplets
    by_class: dict[int, list[Tensor]] = {}
    for anchor, positive, negative in triplets:
        near, far = (distance(vectors, anchor, row, kind) for row in (positive, negative))
        by_class.setdefault(CLASSES[anchor].item(), []).append((near - far + MARGIN).relu())
    expected = torch.stack([torch.stack(losses).mean() for losses in by_class.values()]).mean()
    loss = objective.triplet_loss(vectors, CLASSES)
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)
    gradients = [torch.autograd.grad(value, vectors)[0] for value in (loss, expected)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-4)
    logits = torch.randn(len(CLASSES), 3)
    cross_entropy = balanced_cross_entropy_v1()(vectors, logits, CLASSES)
    total = objective(vectors, logits, CLASSES)
    torch.testing.assert_close(total, cross_entropy + 2 * expected, atol=1e-5, rtol=1e-5)


def test_uniform_mining_takes_all_classes_alike(vectors: Tensor) -> None:
    miner = UniformMiner(seed=0)
    counts = torch.zeros(3)
    for _ in range(200):
        anchors, positives, negatives = miner(vectors, CLASSES)
        assert (CLASSES[anchors] == CLASSES[positives]).all()
        assert (CLASSES[anchors] != CLASSES[negatives]).all()
        counts += torch.bincount(CLASSES[anchors], minlength=3)
    torch.testing.assert_close(counts / counts.sum(), torch.full((3,), 1 / 3), atol=0.02, rtol=0)


@pytest.mark.parametrize("mining", ["uniform", "semi-hard", "batch-hard"])
@pytest.mark.parametrize("kind", ["cosine", "euclidean"])
def test_descent_brings_positives_nearer_than_negatives(mining: str, kind: str) -> None:
    torch.manual_seed(0)
    classes = torch.arange(60) % 3
    vectors = (torch.randn(60, 8) * 0.3).requires_grad_()
    objective = triplet_v1(balanced_cross_entropy_v1(), mining, 0.5, kind, turns_per_class=20)
    optimizer = torch.optim.Adam([vectors], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        objective.triplet_loss(vectors, classes).backward()
        optimizer.step()
    right = [
        distance(vectors, anchor, anchor + 3, kind) < distance(vectors, anchor, anchor + 1, kind)
        for anchor in range(50)
    ]
    assert sum(right) >= 48


def test_at_most_so_many_turns_of_a_class_take_part(vectors: Tensor) -> None:
    objective = triplet_v1(balanced_cross_entropy_v1(), turns_per_class=2)
    chosen = set()
    for _ in range(50):
        rows = objective._at_most_per_class(CLASSES)
        assert torch.bincount(CLASSES[rows]).tolist() == [2, 2, 2]
        assert len(rows.unique()) == 6
        chosen.update(rows.tolist())
    assert chosen == set(range(len(CLASSES)))


@pytest.mark.parametrize("mining", ["uniform", "semi-hard", "batch-hard"])
@pytest.mark.parametrize("classes", [[1, 1, 1], [2], [0, 1, 2]])
def test_without_triplets_the_term_is_zero_on_the_graph(mining: str, classes: list[int]) -> None:
    vectors = torch.randn(len(classes), 4, requires_grad=True)
    loss = triplet_v1(balanced_cross_entropy_v1(), mining).triplet_loss(
        vectors, torch.tensor(classes)
    )
    loss.backward()
    assert loss.item() == 0
    assert vectors.grad is not None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mining": "hard"}, "mining = 'hard' is unknown"),
        ({"distance": "l1"}, "distance = 'l1' is unknown"),
        ({"margin": 0.0}, "margin = 0.0"),
        ({"weight": -1.0}, "weight = -1.0"),
        ({"turns_per_class": 1}, "turns_per_class = 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        triplet_v1(balanced_cross_entropy_v1(), **settings)


def test_a_power_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"power = 1\.5"):
        balanced_cross_entropy_v1(1.5)
