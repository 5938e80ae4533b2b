"""The thinc layer around a sentence transformer, frozen or in training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import torch
from thinc.api import Model, Optimizer, torch2xp, xp2torch
from thinc.types import Ragged

from ..data.types import Dialogues
from ..layers.torch_layer import AveragedShim
from .base import encoder_layer, init_encoder
from .fine_tuning import Tuning, encode_for_training, unfreeze
from .sentence_transformer import SentenceEncoder


def sentence_layer(encoder: SentenceEncoder) -> Model[Dialogues, Ragged]:
    """Make one vector a turn. Frozen and trainable layers take up each other's saved weights."""
    layer = encoder_layer(encoder, [SentenceShim(encoder)])
    layer.init = _init
    return layer


class SentenceShim(AveragedShim):
    """Brings the optimizer to the sentence transformer's weights, if they are to learn.

    The component saves the weights, as a folder that sentence-transformers can read.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        super().__init__(None, serialize_model=_nothing, deserialize_model=_unchanged)
        self.encoder = encoder

    def prepare(self, tuning: Tuning) -> None:
        """Take hold of the encoder's weights, and open to gradients what is to learn."""
        if self._model is not self.encoder.model:
            self._model = self.encoder.model
            unfreeze(self._model, tuning.layers)

    def begin_update(self, inputs: Any) -> tuple[Any, Callable[[Any], None]]:
        """Return the vectors of texts, and what brings their gradient to the weights."""
        encoder = self.encoder
        tuning = cast(Tuning, encoder.tuning)
        self.prepare(tuning)
        with _training(encoder.model):
            vectors = encode_for_training(
                encoder.model,
                inputs,
                tuning,
                batch_tokens=encoder.batch_tokens,
                precision=encoder.precision,
            )

        def backprop(d_vectors: Any) -> None:
            with _training(encoder.model):  # for what is computed anew
                vectors.backward(xp2torch(d_vectors, device=vectors.device))

        return torch2xp(vectors.detach()), backprop

    def finish_update(self, optimizer: Optimizer) -> None:
        tuning = self.encoder.tuning
        if tuning is not None and self._model is not None:
            slower = partial(optimizer, lr_scale=tuning.learn_rate_factor)
            super().finish_update(cast(Optimizer, slower))
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
    shim = cast(SentenceShim, model.shims[0])
    if shim.encoder.tuning is not None:
        shim.prepare(shim.encoder.tuning)


@contextmanager
def _training(module: torch.nn.Module) -> Iterator[None]:
    module.train()
    try:
        yield
    finally:
        module.eval()
