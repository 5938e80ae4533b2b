import json
import pickle

import numpy as np
import pytest
import torch
from thinc.api import Adam, Linear, Model, PyTorchWrapper, chain
from torch import nn

from spacy_casn.layers.torch_layer import check_safe, torch_layer


def build(n_in: int, n_out: int) -> nn.Module:
    return nn.Linear(n_in, n_out)


def make_layer(n_in: int = 3, n_out: int = 2) -> Model:
    layer = torch_layer("linear", build, n_out=n_out)
    layer.set_dim("nI", n_in)
    layer.initialize()
    return layer


X = np.arange(6, dtype=np.float32).reshape(2, 3)


def train_step(layer: Model, optimizer: Adam) -> None:
    output, backprop = layer.begin_update(X)
    backprop(np.ones_like(output))
    layer.finish_update(optimizer)


def test_gradients_equal_pytorchs() -> None:
    layer = make_layer()
    reference = build(3, 2)
    reference.load_state_dict(layer.shims[0]._model.state_dict())
    output, backprop = layer.begin_update(X)
    gradient = backprop(np.ones_like(output))
    inputs = torch.tensor(X, requires_grad=True)
    expected = reference(inputs)
    expected.sum().backward()
    np.testing.assert_allclose(output, expected.detach())
    np.testing.assert_allclose(gradient, inputs.grad)


def test_weights_are_safetensors_and_load_without_widths(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*args: object, **kwargs: object) -> None:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
        monkeypatch.setattr(pickle, name, forbid)
    layer = make_layer(n_out=5)
    data = layer.to_bytes()
    loaded = torch_layer("linear", build).from_bytes(data)
    np.testing.assert_array_equal(loaded.predict(X), layer.predict(X))
    weights = layer.shims[0]._serialize_model(layer.shims[0]._model)
    header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
    note = {"n_in": 3, "n_out": 5, "settings": {}}
    assert json.loads(header["__metadata__"].pop("note")) == note
    assert header["__metadata__"] == {}


def test_weights_of_other_settings_or_shapes_are_refused() -> None:
    def layer(n_in: int, n_out: int, **settings: object) -> Model:
        made = torch_layer("linear", build, settings=settings)
        made.set_dim("nI", n_in)
        made.set_dim("nO", n_out)
        made.initialize()
        return made

    data = layer(3, 2, sees="past", depth=1).to_bytes()
    assert torch_layer("linear", build, settings={"sees": "past"}).from_bytes(data)
    with pytest.raises(ValueError, match="sees = 'full' of 'linear', whose weights were trained"):
        torch_layer("linear", build, settings={"sees": "full"}).from_bytes(data)

    def build_other(n_in: int, n_out: int) -> nn.Module:
        return nn.Linear(n_in, n_out + 1, bias=False)

    with pytest.raises(ValueError, match=r"'bias' of 'linear' is \(2,\) in the weights"):
        torch_layer("linear", build_other).from_bytes(data)


def test_a_layer_that_loads_by_pickle_is_refused() -> None:
    check_safe(chain(make_layer(), Linear(2, 2)))
    with pytest.raises(ValueError, match=r"'pytorch' would load its weights by pickle"):
        check_safe(chain(make_layer(), PyTorchWrapper(nn.Linear(2, 2))))


def test_a_prediction_does_not_switch_the_dropout_of_another_thread_on() -> None:
    layer = make_layer()
    module = layer.shims[0]._model
    layer.predict(X)
    assert not module.training
    layer.begin_update(X)
    assert module.training


def test_an_uninitialized_layer_saves_and_loads() -> None:
    loaded = torch_layer("linear", build).from_bytes(torch_layer("linear", build).to_bytes())
    loaded.set_dim("nI", 3)
    loaded.set_dim("nO", 2)
    loaded.initialize()
    assert loaded.predict(X).shape == (2, 2)


def test_averages_are_used_and_taken_back() -> None:
    layer = make_layer()
    optimizer = Adam(0.1, use_averages=True)
    history = []
    for _ in range(5):
        train_step(layer, optimizer)
        history.append(layer.shims[0]._model.weight.detach().clone().numpy())
    latest = layer.predict(X).copy()
    average = np.zeros_like(history[0])
    for step, weight in enumerate(history, 1):
        average += (1 - (1 + step) / (10 + step)) * (weight - average)
    with layer.use_params(optimizer.averages):
        np.testing.assert_allclose(layer.shims[0]._model.weight.detach(), average, rtol=1e-4)
        assert np.abs(layer.predict(X) - latest).max() > 1e-3
    np.testing.assert_array_equal(layer.predict(X), latest)


def test_the_same_weights_are_the_same_bytes() -> None:
    layer = make_layer()
    assert len({layer.to_bytes() for _ in range(20)}) == 1
