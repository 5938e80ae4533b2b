"""The thinc layer around an encoder that can learn, frozen or in training."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, cast

import torch
from thinc.api import Model, Optimizer, torch2xp, xp2torch
from thinc.types import Ragged

from ..data.types import Dialogues
from ..layers.torch_layer import AveragedShim
from .base import UtteranceEncoder, encoder_layer, init_encoder


class LearningEncoder(UtteranceEncoder):
    """An encoder whose weights training can change, while its `tuning` isn't None.

    It may be sent to another process, but for its lock, which each process has of its own.
    """

    def __init__(self) -> None:
        self._lock = RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = RLock()

    @property
    @abstractmethod
    def model(self) -> torch.nn.Module:
        """The PyTorch module that holds the weights."""

    @abstractmethod
    def unfreeze(self) -> None:
        """Let gradients reach the weights that are to learn."""

    @abstractmethod
    def encode_for_training(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the texts' vectors, (texts, width) float32, on the graph of the weights."""

    @abstractmethod
    def weights_changed(self) -> None:
        """Learn that the weights of `model` are others now."""


def learning_layer(encoder: LearningEncoder) -> Model[Dialogues, Ragged]:
    """Make one vector a turn. Frozen and trainable layers take up each other's saved weights."""
    layer = encoder_layer(encoder, [LearningShim(encoder)])
    layer.init = _init
    return layer


class LearningShim(AveragedShim):
    """Brings the optimizer to the encoder's weights, if they are to learn.

    The component saves the weights, as a folder that the encoder writes.
    """

    def __init__(self, encoder: LearningEncoder) -> None:
        super().__init__(None, serialize_model=_nothing, deserialize_model=_unchanged)
        self.encoder = encoder

    def prepare(self) -> None:
        """Take hold of the encoder's weights, and open to gradients what is to learn."""
        if self._model is not self.encoder.model:
            self._model = self.encoder.model
            self.encoder.unfreeze()

    def begin_update(self, inputs: Any) -> tuple[Any, Callable[[Any], None]]:
        """Return the vectors of texts, and what brings their gradient to the weights."""
        self.prepare()
        model = self.encoder.model
        with _training(model):
            vectors = self.encoder.encode_for_training(inputs)

        def backprop(d_vectors: Any) -> None:
            with _training(model):  # for what is computed anew
                vectors.backward(xp2torch(d_vectors, device=vectors.device))

        return torch2xp(vectors.detach()), backprop

    def finish_update(self, optimizer: Optimizer) -> None:
        tuning = self.encoder.tuning
        if tuning is not None and self._model is not None:
            self.learn_rate_factor = tuning.learn_rate_factor
            super().finish_update(optimizer)
            self.encoder.weights_changed()

    @contextmanager
    def use_params(self, params: dict[Any, Any]) -> Iterator[None]:
        if self.encoder.tuning is None:
            yield
            return
        with super().use_params(params):
            self.encoder.weights_changed()
            yield
        self.encoder.weights_changed()


def _nothing(module: Any) -> bytes:
    return b""


def _unchanged(module: Any, data: bytes, device: torch.device) -> Any:
    return module


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    init_encoder(model)
    shim = cast(LearningShim, model.shims[0])
    if shim.encoder.tuning is not None:
        shim.prepare()


@contextmanager
def _training(module: torch.nn.Module) -> Iterator[None]:
    module.train()
    try:
        yield
    finally:
        module.eval()
