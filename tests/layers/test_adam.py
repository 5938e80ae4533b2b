import copy

import numpy as np
import pytest
import torch
from thinc.api import Adam, Optimizer, RAdam
from torch import nn

from spacy_casn.layers.adam import is_adam
from spacy_casn.layers.torch_layer import AveragedShim, SafeShim


def shims() -> tuple[SafeShim, AveragedShim]:
    """thinc's way and ours, around the same weights."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3))
    return SafeShim(module), AveragedShim(copy.deepcopy(module))


def train(shim: SafeShim, optimizer: Optimizer, steps: int) -> None:
    """Move by gradients of very different sizes; the second layer begins to learn later."""
    torch.manual_seed(1)
    for step in range(steps):
        for part, layer in enumerate(shim._model):
            for weight in layer.parameters():
                gradient = torch.randn(weight.shape) * 10.0 ** torch.randint(-9, 2, ())
                if step >= 3 * part:
                    weight.grad = gradient
        shim.finish_update(optimizer)
        optimizer.step_schedules()


@pytest.mark.parametrize(
    "settings",
    [
        {"L2": 0.01, "learn_rate": 0.003},
        {"L2": 0.0, "learn_rate": 0.003, "use_averages": False},
        {"L2": 0.01, "learn_rate": [0.01, 0.005, 0.001], "grad_clip": 0.0, "eps": 1e-4},
    ],
)
def test_weights_and_averages_are_those_of_thincs_adam(settings: dict) -> None:
    results = []
    for shim in shims():
        optimizer = Adam(**settings)
        train(shim, optimizer, 30)
        weights = shim._model.state_dict()
        averages = [
            np.asarray((optimizer.averages or {}).get((shim.id, name), 0)) for name in weights
        ]
        results.append((list(weights.values()), averages))
    (expected, their_averages), (found, averages) = results
    for theirs, ours in zip(expected, found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    for theirs, ours in zip(their_averages, averages, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_weights_without_a_gradient_stay() -> None:
    shim = shims()[1]
    optimizer = Adam(0.01)
    train(shim, optimizer, 5)
    before = copy.deepcopy(shim._model.state_dict())
    shim.finish_update(optimizer)
    for name, weight in shim._model.state_dict().items():
        assert torch.equal(weight, before[name])


def test_another_optimizer_is_thincs_own() -> None:
    for settings in ({"use_radam": True}, {"L2": 0.1, "L2_is_weight_decay": False}):
        optimizer = Optimizer(0.01, **settings)
        assert not is_adam(optimizer)
    theirs, ours = shims()
    for shim in (theirs, ours):
        train(shim, RAdam(0.01), 5)
    for expected, found in zip(theirs._model.parameters(), ours._model.parameters(), strict=True):
        assert torch.equal(expected, found)


def test_a_learning_rate_factor_slows_down() -> None:
    before = shims()[1]._model[0].weight.detach().clone()
    moved = []
    for factor in (1.0, 0.1):
        shim = shims()[1]
        shim.learn_rate_factor = factor
        train(shim, Adam(0.01), 1)
        moved.append((shim._model[0].weight.detach() - before).abs().max().item())
    assert moved[1] == pytest.approx(moved[0] / 10, rel=1e-3)
