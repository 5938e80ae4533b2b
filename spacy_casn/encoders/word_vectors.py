"""Means of word-piece vectors as utterance vectors: they cost next to nothing.

What sentence-transformers calls a `StaticEmbedding`, without the need to import it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np
import safetensors.torch
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from ..data.types import Vectors
from ..storage.errors import first_line
from ..storage.held_folder import HeldFolder
from .fingerprints import fingerprint_of
from .learning_layer import LearningEncoder
from .readable import readable

TABLE, TOKENIZER, MODULES = "model.safetensors", "tokenizer.json", "modules.json"
VECTORS = "embedding.weight"
"""How sentence-transformers calls the table."""
_OF_MODEL2VEC = "embeddings"
_SCALE = "embedding.scale"
"""What each row of eight-bit numbers is multiplied by."""
_MODULES = (
    '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]'
)
_BATCH = 4096
"""Texts that are taken apart at once."""


@dataclass(frozen=True)
class WordTuning:
    """How word vectors learn.

    Args:
        learn_rate_factor: Their learning rate, as a multiple of the optimizer's.
        piece_dropout: Share of the word pieces that training leaves out at random.

    Raises:
        ValueError: a setting is out of its range.
    """

    learn_rate_factor: float = 1.0
    piece_dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.learn_rate_factor <= 0 or not 0 <= self.piece_dropout < 1:
            raise ValueError(
                f"learn_rate_factor = {self.learn_rate_factor} must be above 0, and "
                f"piece_dropout = {self.piece_dropout} from 0 to below 1."
            )


class WordVectorEncoder(LearningEncoder):
    """A table of word-piece vectors, read when it is first needed; a turn's vector is their mean.

    A turn without word pieces has a vector of zeros.

    Args:
        name: The table's folder.
        tuning: How it learns; None for a frozen one.
    """

    def __init__(self, name: str, *, tuning: WordTuning | None = None) -> None:
        self.name = name
        self.tuning = tuning
        self._held: HeldFolder | None = None
        self._device = torch.device("cpu")
        self._tokenizer: Tokenizer | None = None
        self._model: nn.EmbeddingBag | None = None
        super().__init__()

    @property
    def model(self) -> nn.EmbeddingBag:
        """The table.

        Raises:
            ValueError: there is none in the folder, or it is damaged.
        """
        with self._lock:
            if self._model is None:
                folder = Path(self.name) if self._held is None else self._held.read()
                self._tokenizer, table = read_table(folder)
                self._model = nn.EmbeddingBag.from_pretrained(table, mode="mean").to(self._device)
            return self._model

    @property
    def tokenizer(self) -> Tokenizer:
        """What takes a text apart into word pieces."""
        _ = self.model
        return cast(Tokenizer, self._tokenizer)

    @property
    def width(self) -> int:
        return self.model.embedding_dim

    @property
    def parameters(self) -> int:
        return self.model.weight.numel()

    def fingerprint(self) -> str:
        """Return a sum over the vectors and the pieces that they stand for."""
        vectors = fingerprint_of(self.model)
        pieces = sorted(self.tokenizer.get_vocab().items())
        return f"{vectors}-{hashlib.sha256(repr(pieces).encode()).hexdigest()}"

    def to(self, device: torch.device) -> None:
        with self._lock:
            if device != self._device:
                self._device = device
                if self._model is not None:
                    self._model.to(device)

    def encode(self, texts: Sequence[str]) -> Vectors:
        table = self.model
        vectors = np.empty((len(texts), self.width), np.float32)
        with torch.inference_mode():
            for start in range(0, len(texts), _BATCH):
                ids, lengths = self._pieces(texts[start : start + _BATCH])
                vectors[start : start + _BATCH] = _means(table, ids, lengths).cpu().numpy()
        return vectors

    def unfreeze(self) -> None:
        self.model.requires_grad_(True)

    def encode_for_training(self, texts: Sequence[str]) -> Tensor:
        table = self.model
        ids, lengths = self._pieces(texts)
        share = cast(WordTuning, self.tuning).piece_dropout
        if share:
            kept = torch.rand(len(ids)) >= share
            text = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
            ids, lengths = ids[kept], torch.bincount(text[kept], minlength=len(lengths))
        return _means(table, ids, lengths)

    def weights_changed(self) -> None:
        """Nothing is kept that depends on the weights."""

    def save(self, path: Path) -> None:
        """Write the table as a folder that sentence-transformers can read, too."""
        table = self.model.weight.detach().cpu()
        write_table(path, self.tokenizer, {VECTORS: table})

    def load(self, folder: HeldFolder) -> None:
        self.name = str(folder.path)
        self._held = folder
        self._model = self._tokenizer = None

    def _pieces(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return the ids of all texts' word pieces, and how many each text has."""
        rows = [
            encoding.ids
            for encoding in self.tokenizer.encode_batch_fast(
                [readable(text) for text in texts], add_special_tokens=False
            )
        ]
        lengths = torch.tensor([len(row) for row in rows])
        ids = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
        return torch.from_numpy(ids), lengths


def _means(table: nn.EmbeddingBag, ids: Tensor, lengths: Tensor) -> Tensor:
    device = table.weight.device
    return table(ids.to(device), (lengths.cumsum(0) - lengths).to(device))


def read_table(folder: Path) -> tuple[Tokenizer, Tensor]:
    """Return the tokenizer in a folder, and the vectors of its word pieces, (pieces, width).

    Raises:
        ValueError: they aren't there or damaged.
    """
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tensors = safetensors.torch.load_file(folder / TABLE)
    except Exception as error:  # tokenizers raises it bare
        raise ValueError(_no_table(folder, first_line(error))) from error
    table = tensors.get(VECTORS, tensors.get(_OF_MODEL2VEC, torch.empty(0))).float()
    if _SCALE in tensors:
        table *= tensors[_SCALE].float()[:, None]
    if table.ndim != 2 or len(table) < tokenizer.get_vocab_size() or not table.sum().isfinite():
        raise ValueError(
            _no_table(folder, f"{TABLE} lacks a vector of a piece, or it isn't finite")
        )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, table


def _no_table(folder: Path, reason: str) -> str:
    return (
        f"'{folder}' holds no table of word vectors ({reason}): make one by "
        f"`python -m spacy casn word-vectors`, or get it again."
    )


def write_table(folder: Path, tokenizer: Tokenizer, tensors: dict[str, Tensor]) -> None:
    """Write what `read_table` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODULES).write_text(_MODULES, encoding="utf-8")
    (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    (folder / TABLE).write_bytes(safetensors.torch.save(whole))


def in_eight_bits(table: Tensor) -> dict[str, Tensor]:
    """Return a table as whole numbers from -127 to 127 with a scale a row: a quarter of its size.

    Args:
        table: (pieces, width).
    """
    scale = (table.abs().amax(dim=1) / 127).clamp(min=torch.finfo(torch.half).tiny).half()
    whole = (table / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
    return {VECTORS: whole, _SCALE: scale}
