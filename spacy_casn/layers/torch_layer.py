"""The bridge from PyTorch modules to thinc layers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import safetensors.torch
import torch
from thinc.api import (
    Model,
    Optimizer,
    PyTorchShim,
    PyTorchWrapper_v3,
    get_torch_default_device,
)
from thinc.types import ArgsKwargs
from torch import nn

from ..compat import one_thread_in_worker
from ..storage.header_note import from_metadata, to_metadata
from ..storage.strict_json import loads
from . import adam

Build = Callable[[int, int], nn.Module]
"""Makes the module from its input width and its output width."""


def torch_layer(
    name: str,
    build: Build,
    *,
    n_out: int | None = None,
    convert_inputs: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> Model:
    """Return a thinc layer around a module that is built once both its widths are known.

    The weights are saved as safetensors with the widths beside them, so that a layer loads
    whatever number of labels it was trained for.

    Args:
        name: The layer's name.
        build: Makes the module.
        n_out: Its output width, if it is known.
        convert_inputs: As `PyTorchWrapper` takes it.
        settings: What the outputs depend on beside the weights. They are saved too, and weights
            that were trained with others are refused.
    """
    settings = dict(settings or {})
    layer: Model = PyTorchWrapper_v3(
        None,  # type: ignore[arg-type]  # until its widths are known
        convert_inputs=convert_inputs,
    )
    layer.shims[0] = AveragedShim(
        None,
        serialize_model=partial(_serialize, settings),
        deserialize_model=partial(_deserialize, name, build, settings),
    )
    layer.name = name
    layer.attrs["build"] = build
    layer.init = _init
    if n_out is not None:
        layer.set_dim("nO", n_out)
    return layer


class SafeShim(PyTorchShim):
    """A shim whose weights are loaded without pickle, unlike those of thinc's own."""


class AveragedShim(SafeShim):
    """Lets the optimizer's `use_averages` reach PyTorch weights, which thinc's shim doesn't.

    An optimizer that is Adam runs as PyTorch's kernel.
    """

    learn_rate_factor = 1.0
    """Multiplies the optimizer's learning rate."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        # This is how a component comes to a worker that was spawned.
        one_thread_in_worker()
        self.__dict__.update(state)

    def predict(self, inputs: ArgsKwargs) -> Any:
        return predict(self._model, inputs)

    def finish_update(self, optimizer: Optimizer) -> None:
        if adam.is_adam(optimizer):
            adam.update(optimizer, self.id, self._model, self.learn_rate_factor)
        else:
            slower = partial(optimizer, lr_scale=self.learn_rate_factor)
            super().finish_update(cast(Optimizer, slower))

    @contextmanager
    def use_params(self, params: dict[Any, Any]) -> Iterator[None]:
        names = self._model.state_dict() if self._model is not None else ()
        averages = {
            name: torch.as_tensor(params[self.id, name], device=self.device)
            for name in names
            if (self.id, name) in params
        }
        if not averages:
            yield
            return
        kept = {name: weight.clone() for name, weight in self._model.state_dict().items()}
        self._model.load_state_dict(averages, strict=False)
        try:
            yield
        finally:
            self._model.load_state_dict(kept)


@contextmanager
def dropout_at_least(model: Model, share: float) -> Iterator[None]:
    """Have layers that `torch_layer` made drop this share, 0 to 1, or their own if it's larger."""
    dropouts = [
        part
        for node in model.walk()
        for shim in node.shims
        if type(shim) is AveragedShim
        for part in shim._model.modules()
        if isinstance(part, nn.Dropout)
    ]
    before = [one.p for one in dropouts]
    for one in dropouts:
        one.p = max(one.p, share)
    try:
        yield
    finally:
        for one, own in zip(dropouts, before, strict=True):
            one.p = own


def check_safe(model: Model) -> None:
    """Raise ValueError if a layer of the model would load its weights by pickle."""
    for node in model.walk():
        if not all(isinstance(shim, SafeShim) for shim in node.shims):
            raise ValueError(
                f"The layer '{node.name}' would load its weights by pickle, which can run code: "
                f"wrap its module by spacy_casn.layers.torch_layer.torch_layer."
            )


def predict(module: nn.Module, inputs: ArgsKwargs) -> Any:
    """Return the module's output outside of training.

    Afterwards thinc's shim would switch the module to training, and its dropout on, while other
    threads may be predicting.
    """
    with torch.no_grad():
        return evaluating(module)(*inputs.args, **inputs.kwargs)


def evaluating(module: nn.Module) -> nn.Module:
    """Return the module, switched to prediction if it isn't.

    Its own switch is the last, so that whoever finds it thrown, in another thread too, needn't
    look at all of its parts.
    """
    if module.training:
        for part in reversed([*module.modules()]):
            part.training = False
    return module


def _init(layer: Model, X: Any = None, Y: Any = None) -> None:
    shim = layer.shims[0]
    if shim._model is None:
        module = layer.attrs["build"](layer.get_dim("nI"), layer.get_dim("nO"))
        module.n_in, module.n_out = layer.get_dim("nI"), layer.get_dim("nO")
        shim._model = module.to(get_torch_default_device())


def _serialize(settings: Mapping[str, Any], module: nn.Module | None) -> bytes:
    if module is None:
        return b""
    weights = {name: weight.contiguous() for name, weight in module.state_dict().items()}
    note = {"n_in": module.n_in, "n_out": module.n_out, "settings": settings}
    return safetensors.torch.save(weights, metadata=to_metadata(note))


def _deserialize(
    name: str,
    build: Build,
    settings: Mapping[str, Any],
    module: nn.Module | None,
    data: bytes,
    device: torch.device,
) -> nn.Module | None:
    if not data:
        return module
    header = loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata = header["__metadata__"]
    # Versions before wrote each value as an entry of its own.
    note = from_metadata(metadata) or {name: json.loads(value) for name, value in metadata.items()}
    for setting, value in note.get("settings", {}).items():
        if settings.get(setting, value) != value:
            raise ValueError(
                f"{setting} = {settings[setting]!r} of '{name}', whose weights were trained with "
                f"{value!r}"
            )
    n_in, n_out = note["n_in"], note["n_out"]
    module = build(n_in, n_out)
    module.n_in, module.n_out = n_in, n_out
    weights = safetensors.torch.load(data)
    _check_shapes(name, {key: tuple(weight.shape) for key, weight in weights.items()}, module)
    for key, weight in weights.items():
        if not weight.isfinite().all():
            raise ValueError(f"'{key}' of '{name}' holds a value that is no finite number")
    module.load_state_dict(weights)
    return module.to(device)


def _check_shapes(name: str, found: Mapping[str, tuple[int, ...]], module: nn.Module) -> None:
    expected = {key: tuple(weight.shape) for key, weight in module.state_dict().items()}
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key) != expected.get(key):
            raise ValueError(
                f"'{key}' of '{name}' is {found.get(key, 'nothing')} in the weights and "
                f"{expected.get(key, 'nothing')} in the model"
            )
