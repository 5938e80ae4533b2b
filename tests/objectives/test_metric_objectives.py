from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from spacy_casn.objectives.base import MetricObjective
from spacy_casn.objectives.cross_entropy import BalancedCrossEntropy
from spacy_casn.objectives.miners import UniformMiner
from spacy_casn.objectives.prototypical import Prototypical
from spacy_casn.objectives.supervised_contrastive import SupervisedContrastive
from spacy_casn.objectives.triplet import Triplet

CLASSES = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0, 2, 1])
MARGIN = 0.3
CROSS_ENTROPY = BalancedCrossEntropy()


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


@pytest.mark.parametrize("mining", ["semi-hard", "batch-hard"])
@pytest.mark.parametrize("kind", ["cosine", "euclidean"])
def test_triplet_loss_equals_a_loop(vectors: Tensor, mining: str, kind: str) -> None:
    objective = Triplet(
        CROSS_ENTROPY, mining=mining, margin=MARGIN, distance=kind, weight=2.0, turns_per_class=10
    )
    triplets = list(mined(vectors, mining, kind))
    assert triplets
    by_class: dict[int, list[Tensor]] = {}
    for anchor, positive, negative in triplets:
        near, far = (distance(vectors, anchor, row, kind) for row in (positive, negative))
        by_class.setdefault(CLASSES[anchor].item(), []).append((near - far + MARGIN).relu())
    expected = torch.stack([torch.stack(losses).mean() for losses in by_class.values()]).mean()
    loss = objective.metric_loss(vectors, CLASSES)
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)
    gradients = [torch.autograd.grad(value, vectors)[0] for value in (loss, expected)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-4)
    logits = torch.randn(len(CLASSES), 3)
    cross_entropy = BalancedCrossEntropy()(vectors, logits, CLASSES)
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
    objective = Triplet(CROSS_ENTROPY, mining=mining, margin=0.5, distance=kind, turns_per_class=20)
    optimizer = torch.optim.Adam([vectors], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        objective.metric_loss(vectors, classes).backward()
        optimizer.step()
    right = [
        distance(vectors, anchor, anchor + 3, kind) < distance(vectors, anchor, anchor + 1, kind)
        for anchor in range(50)
    ]
    assert sum(right) >= 48


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_supervised_contrastive_loss_equals_a_loop(vectors: Tensor, temperature: float) -> None:
    classes = torch.cat([CLASSES, torch.tensor([3])])  # 3 has no positive
    vectors = torch.cat([vectors, torch.ones(1, 5)])
    by_class: dict[int, list[Tensor]] = {}
    for anchor, value in enumerate(classes.tolist()):
        others = [row for row in range(len(classes)) if row != anchor]
        near = {row: (1 - distance(vectors, anchor, row, "cosine")) / temperature for row in others}
        positives = [row for row in others if classes[row] == value]
        if positives:
            total = torch.stack(list(near.values())).logsumexp(0)
            loss = torch.stack([total - near[row] for row in positives]).mean()
            by_class.setdefault(value, []).append(loss)
    expected = torch.stack([torch.stack(losses).mean() for losses in by_class.values()]).mean()
    objective = SupervisedContrastive(CROSS_ENTROPY, temperature=temperature)
    torch.testing.assert_close(objective.metric_loss(vectors, classes), expected)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_prototypical_loss_equals_a_loop(vectors: Tensor, temperature: float) -> None:
    classes = torch.cat([CLASSES, torch.tensor([4])])  # 4 has a prototype, but no query
    vectors = torch.cat([vectors, torch.ones(1, 5)])
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    by_class: dict[int, list[Tensor]] = {}
    for query, value in enumerate(classes.tolist()):
        if value == 4:
            continue
        logits = []
        for other in (0, 1, 2, 4):
            rows = [r for r in range(len(classes)) if classes[r] == other and r != query]
            mean = unit[rows].mean(0)
            logits.append(torch.cosine_similarity(unit[query], mean, dim=0) / temperature)
        loss = torch.stack(logits).logsumexp(0) - logits[value]
        by_class.setdefault(value, []).append(loss)
    expected = torch.stack([torch.stack(losses).mean() for losses in by_class.values()]).mean()
    objective = Prototypical(CROSS_ENTROPY, temperature=temperature)
    torch.testing.assert_close(objective.metric_loss(vectors, classes), expected)


def test_at_most_so_many_turns_of_a_class_take_part(vectors: Tensor) -> None:
    objective = Triplet(CROSS_ENTROPY, turns_per_class=2)
    chosen = set()
    for _ in range(50):
        rows = objective._at_most_per_class(CLASSES)
        assert torch.bincount(CLASSES[rows]).tolist() == [2, 2, 2]
        assert len(rows.unique()) == 6
        chosen.update(rows.tolist())
    assert chosen == set(range(len(CLASSES)))


@pytest.mark.parametrize("make", [SupervisedContrastive, Prototypical])
def test_two_classes_are_enough(make: Callable[..., MetricObjective]) -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    classes = torch.tensor([0, 1, 0, 1])
    assert make(CROSS_ENTROPY).metric_loss(vectors, classes) > 0.5


@pytest.mark.parametrize("make", [SupervisedContrastive, Prototypical])
def test_defaults_are_those_of_the_documents(make: Callable[..., MetricObjective]) -> None:
    objective = make(CROSS_ENTROPY)
    assert objective.cross_entropy is CROSS_ENTROPY
    names = ("temperature", "weight", "turns_per_class")
    assert [getattr(objective, name) for name in names] == [0.1, 1.0, 64]
    chosen, again = (
        make(CROSS_ENTROPY, seed=0)._at_most_per_class(torch.zeros(200).long()) for _ in range(2)
    )
    assert torch.equal(chosen, again)
    assert torch.equal(chosen, make(CROSS_ENTROPY)._at_most_per_class(torch.zeros(200).long()))


def test_a_seed_mines_the_same_triplets() -> None:
    vectors = torch.randn(len(CLASSES), 3)
    miners = [Triplet(CROSS_ENTROPY, mining="uniform", seed=seed).miner for seed in (1, 1, 2)]
    mined = [torch.stack(miner(vectors, CLASSES)) for miner in miners]
    assert torch.equal(mined[0], mined[1])
    assert not torch.equal(mined[0], mined[2])


def test_the_defaults_of_triplets_are_those_of_the_documents() -> None:
    objective = Triplet(CROSS_ENTROPY)
    named = Triplet(CROSS_ENTROPY, mining="batch-hard", margin=0.2, distance="cosine")
    assert (objective.weight, objective.turns_per_class) == (1.0, 16)
    vectors = torch.randn(len(CLASSES), 3)
    losses = [made.metric_loss(vectors, CLASSES) for made in (objective, named)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("classes", [[1, 1, 1], [2], [0, 1, 2]])
@pytest.mark.parametrize(
    "objective",
    [
        *(
            Triplet(CROSS_ENTROPY, mining=mining)
            for mining in ("uniform", "semi-hard", "batch-hard")
        ),
        SupervisedContrastive(CROSS_ENTROPY),
        Prototypical(CROSS_ENTROPY),
    ],
)
def test_without_pairs_the_term_is_zero_on_the_graph(
    objective: MetricObjective, classes: list[int]
) -> None:
    vectors = torch.randn(len(classes), 4, requires_grad=True)
    loss = objective.metric_loss(vectors, torch.tensor(classes))
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
        Triplet(CROSS_ENTROPY, **settings)


@pytest.mark.parametrize("make", [SupervisedContrastive, Prototypical])
def test_a_temperature_out_of_range_is_refused(make: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match=r"temperature = 0\.0"):
        make(CROSS_ENTROPY, temperature=0.0)
