"""Sentence transformers as utterance encoders: one vector a turn."""

import logging
import math
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from tqdm import tqdm

from ..data.types import Vectors
from ..storage.held_folder import HeldFolder
from .batch_halving import BatchHalving
from .cache import VectorCache
from .fine_tuning import Tuning, encode_for_training, unfreeze
from .fingerprints import VERSION, fingerprint_of, former_fingerprint_of
from .learning_layer import LearningEncoder
from .onnx import Backend, OnnxEncoder, OnnxExporter
from .precision import Precision, computes_in_bf16
from .safe_folder import load_sentence_transformer
from .saved_settings import save_for_all_versions
from .source import find_encoder
from .token_batches import encode_batch, has_word_pieces, token_batches, word_pieces

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_logger = logging.getLogger(__name__)


class SentenceEncoder(LearningEncoder):
    """A sentence transformer that is loaded when it is first needed.

    Args:
        name: A sentence-transformers folder, or a name that `find_encoder` resolves.
        batch_tokens: Word pieces encoded at once, padding counted; a longer turn is alone.
        cache_size: Turns whose vectors are kept, beside those of a training corpus.
        precision: `fp32`, `bf16`, or `auto` for bf16 where the device has instructions for it;
            it concerns PyTorch alone.
        tuning: How it learns; None for a frozen one.
        backend: What encodes outside of training: `torch`, or ONNX Runtime by `onnx` or
            `onnx-int8`. An export is made when it is first needed, unless it lies beside the
            weights, and anew when the weights have changed.

    Raises:
        ValueError: `batch_tokens` is below 1, or the backend is unknown or not installed.
    """

    def __init__(
        self,
        name: str,
        *,
        batch_tokens: int = 512,
        cache_size: int = 10_000,
        precision: Precision = "fp32",
        tuning: Tuning | None = None,
        backend: Backend = "torch",
    ) -> None:
        if batch_tokens < 1:
            raise ValueError(f"batch_tokens = {batch_tokens} must be at least 1.")
        self.name = name
        self.batch_tokens = batch_tokens
        self.precision = precision
        self.tuning = tuning
        self.cache = VectorCache(cache_size)
        self._exporter = None if backend == "torch" else OnnxExporter(backend)
        self._model: SentenceTransformer | None = None
        self._onnx: OnnxEncoder | None = None
        self._weights_changed = False
        self._held: HeldFolder | None = None
        self._device = torch.device("cpu")
        self._told_of_fp32 = False
        self._halving = BatchHalving("the sentence encoder's batch_tokens")
        super().__init__()

    @property
    def model(self) -> "SentenceTransformer":
        """The sentence transformer itself, in PyTorch.

        Raises:
            ValueError: it is not to be had here, not safe to load, not as it was saved, or not
                fit for the backend.
        """
        if self._model is None:
            self._model = load_sentence_transformer(
                find_encoder(self.name) if self._held is None else self._held.read(),
                name=self.name,
                device=str(self._device),
                model_kwargs={"use_safetensors": True},
            )
            self._model.requires_grad_(False).float().eval()
            if self._exporter is not None:
                self._exporter.check(self._model, self.name)
        return self._model

    @property
    def width(self) -> int:
        model = self.model if self._onnx is None else self._onnx.model
        # sentence-transformers 5.6 renamed it, and warns of the name that it had before.
        named = getattr(model, "get_embedding_dimension", None)
        width = (named or model.get_sentence_embedding_dimension)()
        if width is None:
            raise ValueError(
                f"The sentence encoder '{self.name}' doesn't state its width: give another."
            )
        return width

    @property
    def max_length(self) -> int | None:
        """Word pieces after which a text is cut; None for no limit."""
        length = self.model.max_seq_length
        return None if length is None or math.isinf(length) else int(length)

    @property
    def parameters(self) -> int:
        return sum(weight.numel() for weight in self.model.parameters())

    def fingerprint(self) -> str:
        """Return a sum over the weights, the length limit and the width that vectors are cut to."""
        exported = "" if self._onnx is None else self._onnx.fingerprint
        if self._model is None and exported.startswith(VERSION):
            return exported
        cut = self.model.truncate_dim
        fingerprint = fingerprint_of(self.model, self.model.max_seq_length)
        return fingerprint if cut is None else f"{fingerprint}-{cut}"

    def is_known_as(self, fingerprint: str | None) -> bool:
        if fingerprint is not None and not fingerprint.startswith(VERSION):
            return fingerprint == former_fingerprint_of(self.model, self.model.max_seq_length)
        return fingerprint == self.fingerprint()

    def vectors_fingerprint(self) -> str:
        """Return what the vectors depend on: the encoder, and its arithmetic."""
        export = self._current_export()
        if export is not None:
            return f"{self.fingerprint()}-{export.file}"
        bf16 = computes_in_bf16(self.precision, self._device)
        return self.fingerprint() + ("-bf16" if bf16 else "")

    def to(self, device: torch.device) -> None:
        with self._lock:
            if device != self._device:
                self._device = device
                if self._model is not None:
                    self._model.to(device)

    def unfreeze(self) -> None:
        unfreeze(self.model, cast(Tuning, self.tuning).layers)

    def encode_for_training(self, texts: Sequence[str]) -> torch.Tensor:
        return encode_for_training(
            self.model,
            texts,
            cast(Tuning, self.tuning),
            batch_tokens=self.batch_tokens,
            precision=self.precision,
        )

    def weights_changed(self) -> None:
        self.cache.clear()
        self._weights_changed = True

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the texts' vectors, (texts, width); each distinct text is encoded once.

        Threads that call it at the same time wait for each other.
        """
        with self._lock:
            self._current_export()
            vectors = np.empty((len(texts), self.width), np.float32)
            missing: dict[str, list[int]] = {}
            for row, text in enumerate(texts):
                vector = self.cache.get(text)
                if vector is None:
                    missing.setdefault(text, []).append(row)
                else:
                    vectors[row] = vector
            if missing:
                encoded = self._encode_distinct(list(missing), progress=False)
                for (text, rows), vector in zip(missing.items(), encoded, strict=True):
                    vectors[rows] = vector
                    self.cache.put(text, vector)
            return vectors

    def encode_corpus(self, texts: Iterable[str], path: Path | None = None) -> None:
        """Encode texts that are needed again and again, and pin their vectors.

        Args:
            texts: All turns of the corpus.
            path: File that keeps the vectors for the next run. If it was written with the
                same encoder, only what it lacks is encoded.
        """
        distinct = dict.fromkeys(texts)
        with self._lock:
            if path is not None and path.exists():
                self.cache.load_pinned(path, self.vectors_fingerprint())
            missing = [text for text in distinct if self.cache.get(text) is None]
            if missing:
                self.cache.pin(missing, self._encode_distinct(missing, progress=True))
                if path is not None:
                    self.cache.save_pinned(path, self.vectors_fingerprint())

    def _encode_distinct(self, texts: list[str], *, progress: bool) -> Vectors:
        export = self._current_export()
        model = self.model if export is None else export.model
        precision = self.precision if export is None else "fp32"
        self._tell_of_fp32(precision, model.device)
        if not has_word_pieces(model):
            return model.encode(texts, convert_to_numpy=True, show_progress_bar=progress)
        ids = word_pieces(model, texts)
        lengths = [len(row) for row in ids]
        batches = list(token_batches(lengths, self.batch_tokens))
        bar = tqdm(
            total=sum(lengths),
            desc=f"Encoding {len(texts)} turns",
            unit=" word pieces",
            unit_scale=True,
            disable=not progress,
        )

        def encode(rows: list[int]) -> torch.Tensor:
            encoded = encode_batch(model, [ids[row] for row in rows], precision=precision)
            bar.update(sum(lengths[row] for row in rows))
            return encoded

        def name(row: int) -> str:
            return f"A turn of {lengths[row]} word pieces"

        with torch.inference_mode(), bar:
            encoded = list(self._halving.run(encode, batches, name=name))
        vectors = np.empty((len(texts), self.width), np.float32)
        order = [row for rows in batches for row in rows]
        vectors[order] = torch.cat([part.cpu() for part in encoded]).numpy()
        return vectors

    def save(self, path: Path) -> None:
        """Write the encoder as a sentence-transformers folder, weights as safetensors.

        The backend's export lies beside them, in the folder `onnx`.
        """
        export = self._current_export()
        if export is None:
            if has_word_pieces(self.model):  # a tokenizer is saved with how it was last called
                word_pieces(self.model, [""])
            save_for_all_versions(self.model, path)
        else:
            shutil.copytree(export.folder, path, dirs_exist_ok=True)

    def load(self, folder: HeldFolder) -> None:
        """Take the encoder from what `save` wrote, once it is needed."""
        self.name = str(folder.path)
        self._held = folder
        self._model = self._onnx = None
        self._weights_changed = False
        self.cache.clear()

    def _tell_of_fp32(self, precision: Precision, device: torch.device) -> None:
        if precision == "auto" and not self._told_of_fp32 and not computes_in_bf16("auto", device):
            self._told_of_fp32 = True
            _logger.warning(
                'The device "%s" has no instructions for bf16, so the sentence encoder with '
                'precision = "auto" computes in fp32.',
                device,
            )

    def _current_export(self) -> OnnxEncoder | None:
        """Return the export of today's weights, made if there is none; None for PyTorch."""
        if self._exporter is None:
            return None
        if self._onnx is None:
            self._onnx = self._exporter.find(
                Path(self.name) if self._held is None else self._held.read()
            )
        if self._onnx is None or (
            self._weights_changed and self._onnx.fingerprint != self.fingerprint()
        ):
            self._onnx = self._exporter.export(self.model, self.fingerprint(), name=self.name)
            if self.tuning is None:  # the export's folder holds the weights, memory needn't
                self.name = str(self._onnx.folder)
                self._held = self._model = None
        self._weights_changed = False
        return self._onnx
