"""The word-piece encoder: every piece goes through the transformer, then turns are pooled."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import srsly
from spacy.tokens import Span
from spacy.vocab import Vocab
from spacy_transformers.data_classes import HFObjects
from spacy_transformers.layers.hf_shim import HFShim
from spacy_transformers.layers.transformer_model import TransformerModel, huggingface_tokenize
from thinc.api import Model, get_torch_default_device, torch2xp, xp2torch
from thinc.types import ArgsKwargs, Ragged
from torch import FloatTensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.modeling_outputs import BaseModelOutput

from ..data.dialogue import one_turn
from ..data.types import Dialogues, Turns, Vectors
from ..layers.torch_layer import SafeShim, predict
from ..storage.files import write_files
from ..storage.held_folder import HeldFolder
from .base import ENCODER, UtteranceEncoder
from .batch_halving import BatchHalving
from .fine_tuning import Tuning
from .fingerprints import fingerprint_of
from .safe_folder import check_encoder_folder
from .source import find_encoder


def make_word_piece_encoder(
    name: str, *, trainable: bool, batch_size: int
) -> Model[Dialogues, Ragged]:
    """See `spacy_casn.models.architectures.build_transformer_turn_encoder_v1`."""
    transformer = TransformerModel("", _same)
    hf_layer = transformer.layers[0]
    hf_layer.shims[0] = SafetensorsShim(cast(HFShim, hf_layer.shims[0])._hfmodel)
    layer: Model[Dialogues, Ragged] = Model(
        "word_piece_encoder",
        _forward,
        init=partial(_init, name),
        layers=[transformer],
        dims={"nO": None},
        attrs={"batch_size": batch_size},
    )
    layer.attrs[ENCODER] = WordPieceEncoder(name, layer, trainable=trainable)
    return layer


class WordPieceEncoder(UtteranceEncoder):
    """The encoder of a word-piece layer, whose weights are saved with the model's.

    Args:
        name: Where the transformer came from.
        layer: What `make_word_piece_encoder` gives.
        trainable: Whether training changes its weights.
    """

    def __init__(self, name: str, layer: Model[Dialogues, Ragged], *, trainable: bool) -> None:
        self.name = name
        self.layer = layer
        self.tuning = Tuning(0, 1.0, 0) if trainable else None

    @property
    def transformer(self) -> nn.Module:
        """The transformer itself, once the layer is initialized."""
        return self.layer.layers[0].layers[0].shims[0]._model

    @property
    def width(self) -> int:
        return self.layer.get_dim("nO")

    @property
    def parameters(self) -> int:
        return sum(weight.numel() for weight in self.transformer.parameters())

    def encode(self, texts: Sequence[str]) -> Vectors:
        vocab = Vocab()
        turns = Turns(one_turn(vocab, text) for text in texts)
        return self.layer.ops.to_numpy(self.layer.predict([turns]).dataXd)

    def fingerprint(self) -> str:
        return fingerprint_of(self.transformer)

    def save(self, path: Path) -> None:
        """Write nothing: the weights are among the model's."""

    def load(self, folder: HeldFolder) -> None:
        """Take nothing: the weights are among the model's."""


class SafetensorsShim(SafeShim, HFShim):
    """Saves transformer and tokenizer as their own files, the weights as safetensors."""

    def predict(self, inputs: ArgsKwargs) -> Any:
        return predict(self._model, inputs)

    def to_bytes(self) -> bytes:
        if self._hfmodel.transformer is None:
            return b""
        files = {}
        with TemporaryDirectory() as folder:
            self._hfmodel.transformer.save_pretrained(folder, safe_serialization=True)
            self._hfmodel.tokenizer.save_pretrained(folder)
            for path in sorted(Path(folder).iterdir()):
                files[path.name] = path.read_bytes()
        return srsly.msgpack_dumps(files)

    def from_bytes(self, bytes_data: bytes) -> "SafetensorsShim":
        if bytes_data:
            with TemporaryDirectory() as folder:
                write_files(Path(folder), srsly.msgpack_loads(bytes_data))
                self._hfmodel = _load(Path(folder))
            self._model = self._hfmodel.transformer
        return self


def _same(dialogues: Dialogues) -> Dialogues:
    """Make the span getter of the transformer, which is given the spans themselves."""
    return dialogues


def _load(folder: Path) -> HFObjects:
    check_encoder_folder(folder)
    settings: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(folder, return_dict=True, **settings)
    transformer = AutoModel.from_pretrained(folder, config=config, use_safetensors=True, **settings)
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, **settings)
    # Its first call sets how it pads, which it can't do while another thread is calling it.
    huggingface_tokenize(tokenizer, ["."])
    return HFObjects(tokenizer, transformer.to(get_torch_default_device()), None)


def _init(name: str, model: Model, X: Dialogues | None = None, Y: Any = None) -> None:
    transformer = model.layers[0]
    if not transformer.attrs["has_transformer"]:
        transformer.attrs["set_transformer"](transformer, _load(find_encoder(name)))
    model.set_dim("nO", transformer.get_dim("nO"))


def _forward(
    model: Model, dialogues: Dialogues, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Dialogues]]:
    turns = [turn for dialogue in dialogues for turn in dialogue]
    lengths = model.ops.asarray1i([len(dialogue) for dialogue in dialogues])
    backprop_pool: Callable | None = None
    if is_train and model.attrs[ENCODER].tuning is not None:
        vectors, backprop_pool = _pool(model, turns, is_train=True)
    else:
        vectors = _predict(model, turns)

    def backprop(d_utterances: Ragged) -> Dialogues:
        if backprop_pool is not None:
            backprop_pool(d_utterances.dataXd)
        return dialogues

    return Ragged(vectors, lengths), backprop


def _predict(model: Model, turns: list[Span]) -> Any:
    """Return the turns' vectors, made in batches of like length, in the given order."""
    order = sorted(range(len(turns)), key=[len(turn) for turn in turns].__getitem__)
    vectors = model.ops.alloc2f(len(turns), model.get_dim("nO"))
    size = model.attrs["batch_size"]
    batches = [order[start : start + size] for start in range(0, len(order), size)]

    def pool(rows: list[int]) -> Any:
        return _pool(model, [turns[row] for row in rows], is_train=False)[0]

    def name(row: int) -> str:
        return f"A turn of {len(turns[row])} words"

    done = 0
    for part in BatchHalving("the encoder's batch_size").run(pool, batches, name=name):
        vectors[order[done : done + len(part)]] = part
        done += len(part)
    return vectors


def _pool(model: Model, turns: list[Span], *, is_train: bool) -> tuple[Any, Callable]:
    """Return the mean over each turn's pieces, (turns, width), and the way back."""
    output, backprop_transformer = model.layers[0]([turns], is_train)
    hidden = output.model_output.last_hidden_state
    mask = xp2torch(output.wordpieces.attention_mask, device=hidden.device)[..., None]
    share = mask / mask.sum(dim=1, keepdim=True)

    def backprop(d_vectors: Any) -> None:
        d_hidden = share * xp2torch(d_vectors, device=hidden.device)[:, None]
        d_output = BaseModelOutput(last_hidden_state=cast(FloatTensor, d_hidden))
        backprop_transformer(replace(output, model_output=d_output))

    return torch2xp((hidden.detach() * share).sum(dim=1)), backprop
