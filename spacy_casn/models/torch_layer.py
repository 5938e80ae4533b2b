"""The bridge from PyTorch modules to thinc layers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import safetensors.torch
import torch
from thinc.api import (
    Model,
    PyTorchShim,
    PyTorchWrapper_v3,
    get_torch_default_device,
    xp2torch,
)
from thinc.types import ArgsKwargs
from torch import nn

from ..workers import one_thread_in_worker

Build = Callable[[int, int], nn.Module]
"""Makes the module from its input width and its output width."""


def torch_layer(
    name: str, build: Build, *, n_out: int | None = None, convert_inputs: Any = None
) -> Model:
    """A thinc layer around a module that is built once both its widths are known.

    The weights are saved as safetensors with the widths beside them, so that a layer loads
    whatever number of labels it was trained for.
    """
    layer: Model = PyTorchWrapper_v3(
        None,  # type: ignore[arg-type]  # until its widths are known
        convert_inputs=convert_inputs,
    )
    layer.shims[0] = AveragedShim(
        None, serialize_model=_serialize, deserialize_model=partial(_deserialize, build)
    )
    layer.name = name
    layer.attrs["build"] = build
    layer.init = _init
    if n_out is not None:
        layer.set_dim("nO", n_out)
    return layer


class AveragedShim(PyTorchShim):
    """Lets the optimizer's `use_averages` reach PyTorch weights, which thinc's shim doesn't."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        # This is how a component comes to a worker that was spawned.
        one_thread_in_worker()
        self.__dict__.update(state)

    def predict(self, inputs: ArgsKwargs) -> Any:
        return predict(self._model, inputs)

    @contextmanager
    def use_params(self, params: dict[Any, Any]) -> Iterator[None]:
        names = self._model.state_dict() if self._model is not None else ()
        averages = {
            name: xp2torch(params[self.id, name], device=self.device)
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


def predict(module: nn.Module, inputs: ArgsKwargs) -> Any:
    """The module's output outside of training.

    Afterwards thinc's shim would switch the module to training, and its dropout on, while other
    threads may be predicting.
    """
    module.eval()
    with torch.no_grad():
        return module(*inputs.args, **inputs.kwargs)


def _init(layer: Model, X: Any = None, Y: Any = None) -> None:
    shim = layer.shims[0]
    if shim._model is None:
        module = layer.attrs["build"](layer.get_dim("nI"), layer.get_dim("nO"))
        module.n_in, module.n_out = layer.get_dim("nI"), layer.get_dim("nO")
        shim._model = module.to(get_torch_default_device())


def _serialize(module: nn.Module | None) -> bytes:
    if module is None:
        return b""
    weights = {name: weight.contiguous() for name, weight in module.state_dict().items()}
    widths = {"n_in": str(module.n_in), "n_out": str(module.n_out)}
    return safetensors.torch.save(weights, metadata=widths)


def _deserialize(
    build: Build, module: nn.Module | None, data: bytes, device: torch.device
) -> nn.Module | None:
    if not data:
        return module
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    n_in, n_out = (int(header["__metadata__"][key]) for key in ("n_in", "n_out"))
    module = build(n_in, n_out)
    module.n_in, module.n_out = n_in, n_out  # type: ignore[assignment]
    module.load_state_dict(safetensors.torch.load(data))
    return module.to(device)
