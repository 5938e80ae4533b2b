"""The thinc layer around a sentence transformer, frozen or in training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import torch
from thinc.api import Model, Optimizer, get_torch_default_device, torch2xp, xp2torch
from thinc.types import Floats2d, Ragged

from ..data.types import Dialogues
from ..layers.torch_layer import AveragedShim
from .fine_tuning import Tuning, encode_for_training, unfreeze
from .sentence_transformer import SentenceEncoder


def sentence_layer(encoder: SentenceEncoder) -> Model[Dialogues, Ragged]:
    """One vector a turn. Frozen and trainable layers take up each other's saved weights."""
    return Model(
        "sentence_encoder",
        _forward,
        init=_init,
        dims={"nO": None},
        attrs={"sentence_encoder": encoder},
        shims=[SentenceShim(encoder)],
    )


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
    encoder: SentenceEncoder = model.attrs["sentence_encoder"]
    model.set_dim("nO", encoder.width)
    if encoder.tuning is not None:
        cast(SentenceShim, model.shims[0]).prepare(encoder.tuning)


def _forward(
    model: Model, dialogues: Dialogues, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Dialogues]]:
    encoder: SentenceEncoder = model.attrs["sentence_encoder"]
    encoder.to(get_torch_default_device())
    texts = [turn.text for turns in dialogues for turn in turns]
    lengths = model.ops.asarray1i([len(turns) for turns in dialogues])
    vectors: torch.Tensor | None = None
    if is_train and encoder.tuning is not None:
        cast(SentenceShim, model.shims[0]).prepare(encoder.tuning)
        with _training(encoder.model):
            vectors = encode_for_training(
                encoder.model,
                texts,
                encoder.tuning,
                batch_tokens=encoder.batch_tokens,
                precision=encoder.precision,
            )
        data = torch2xp(vectors.detach())
    else:
        data = model.ops.asarray(cast(Any, encoder.encode(texts)))

    def backprop(d_utterances: Ragged) -> Dialogues:
        if vectors is not None:
            with _training(encoder.model):  # for what is computed anew
                vectors.backward(xp2torch(d_utterances.dataXd, device=vectors.device))
        return dialogues

    return Ragged(cast(Floats2d, data), lengths), backprop


@contextmanager
def _training(module: torch.nn.Module) -> Iterator[None]:
    module.train()
    try:
        yield
    finally:
        module.eval()
