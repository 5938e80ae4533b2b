"""Sentence encoders that ONNX Runtime runs: their export from PyTorch, and int8 weights.

An export is a sentence-transformers folder with PyTorch's weights, as ever, and beside them
`onnx/`: the Transformer as an ONNX model, and a note of the weights that it was made from.
What follows the Transformer, such as the mean over word pieces, stays with PyTorch.
"""

import hashlib
import importlib.util
import json
import logging
import os
import platform
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch

from ..storage import strict_json
from ..storage.errors import first_line
from ..storage.files import TemporaryFolder
from .safe_folder import load_sentence_transformer
from .saved_settings import save_for_all_versions
from .token_batches import has_word_pieces

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Backend = Literal["torch", "onnx", "onnx-int8"]
Instructions = Literal["avx512_vnni", "avx512", "avx2", "arm64"]

_logger = logging.getLogger(__name__)
_ONNX = "onnx"
_NOTE = "export.json"


class OnnxEncoder:
    """An export, run by ONNX Runtime on the processor.

    Args:
        folder: The sentence-transformers folder.
        file: The ONNX model in its folder `onnx`.
        fingerprint: That of the encoder that was exported.
        keeps: Kept as long as this object, if `folder` is a temporary one.
    """

    def __init__(
        self, folder: Path, file: str, fingerprint: str, keeps: TemporaryFolder | None = None
    ) -> None:
        self.folder = folder
        self.file = file
        self.fingerprint = fingerprint
        self._keeps = keeps
        self._model: SentenceTransformer | None = None
        self._threads = self._process = 0
        self._left_by_fork: SentenceTransformer | None = None

    @property
    def model(self) -> "SentenceTransformer":
        """The sentence transformer, which has as many threads as PyTorch has now."""
        threads = torch.get_num_threads()
        if self._model is None or self._threads != threads:
            if self._process != os.getpid():
                # Its threads stayed behind in the parent, and to free it would wait for them.
                self._left_by_fork = self._model
            self._model = _load(self.folder, self.file, threads)
            self._threads, self._process = threads, os.getpid()
        return self._model

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None, "_left_by_fork": None}


class OnnxExporter:
    """Exports sentence encoders, and finds what it exported before.

    Args:
        backend: `onnx`, or `onnx-int8` for weights and activations of eight bits.

    Raises:
        ValueError: the backend is unknown, or what it needs isn't installed.
    """

    def __init__(self, backend: Backend) -> None:
        if backend not in get_args(Backend)[1:]:
            choices = ", ".join(f"'{name}'" for name in get_args(Backend))
            raise ValueError(f"backend = '{backend}' is unknown: it is one of {choices}.")
        # The last of them can only be looked for inside of the one before.
        needed = ("onnxruntime", "optimum", "optimum.onnxruntime")
        if not all(importlib.util.find_spec(module) for module in needed):
            raise ValueError(
                f"backend = '{backend}' of the sentence encoder needs ONNX Runtime and "
                f'optimum-onnx: `pip install spacy-casn[onnx]`, or set it to "torch".'
            )
        self.backend = backend

    @cached_property
    def instructions(self) -> Instructions:
        """Those that int8 weights are laid out for; a warning says if VNNI isn't among them."""
        best = int8_instructions()
        if best in ("avx512", "avx2"):
            _logger.warning(
                "backend = 'onnx-int8': this processor has no VNNI instructions, so the sentence "
                "encoder falls back to int8 weights for %s, which are slower.",
                best,
            )
        return best

    def check(self, model: "SentenceTransformer", name: str) -> None:
        """See whether the encoder of this name can be exported.

        Raises:
            ValueError: it doesn't read word pieces.
        """
        if not has_word_pieces(model):
            raise ValueError(
                f"backend = '{self.backend}' needs a sentence encoder with a Transformer, which "
                f"'{name}' has not: set it to \"torch\", or give another encoder."
            )

    def export(self, model: "SentenceTransformer", fingerprint: str, *, name: str) -> OnnxEncoder:
        """Export the encoder with this fingerprint and name into a temporary folder.

        Raises:
            ValueError: its architecture can't be exported.
        """
        temporary = TemporaryFolder()
        folder = temporary.path
        save_for_all_versions(model, folder)
        with _quiet():
            try:
                _export_transformer(folder)
            except (ValueError, KeyError, NotImplementedError, RuntimeError) as error:
                raise ValueError(
                    f"The sentence encoder '{name}' can't be exported for backend = "
                    f"'{self.backend}' ({first_line(error)}): set it to \"torch\", or give "
                    f"another encoder."
                ) from error
            file = "model.onnx"
            if self.backend == "onnx-int8":
                file = _quantize(folder, file, self.instructions)
        note = {
            "backend": self.backend,
            "file": file,
            "encoder": fingerprint,
            "weights": _digest_of_weights(folder),
        }
        (folder / _ONNX / _NOTE).write_text(json.dumps(note, indent=2), encoding="utf-8")
        return OnnxEncoder(folder, file, fingerprint, temporary)

    def find(self, folder: Path) -> OnnxEncoder | None:
        """Return the export in the folder; None if there is none, or one of other weights."""
        path = folder / _ONNX / _NOTE
        if not path.is_file():
            return None
        try:
            note = strict_json.read(path)
            backend, file, weights, encoder = (
                str(note[key]) for key in ("backend", "file", "weights", "encoder")
            )
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"'{path}' is no note of an export ({first_line(error)}): get the encoder again."
            ) from error
        if Path(file).name != file:
            raise ValueError(f"'{path}' names a file outside of its folder: get the encoder again.")
        if backend != self.backend or weights != _digest_of_weights(folder):
            return None
        return OnnxEncoder(folder, file, encoder)


def int8_instructions() -> Instructions:
    """Return the best of this processor's instructions that int8 weights can be made for."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return "arm64"
    has = torch.cpu.get_capabilities()
    # VNNI comes with registers of 512 bits or of 256, and takes the same layout in both.
    if has.get("avx512_vnni") or has.get("avx_vnni"):
        return "avx512_vnni"
    return "avx512" if has.get("avx512_bw") and has.get("avx512_vl") else "avx2"


def _export_transformer(folder: Path) -> None:
    from optimum.exporters.onnx import main_export

    with TemporaryDirectory() as exported:
        main_export(
            str(folder),
            exported,
            task="feature-extraction",
            library_name="transformers",
            no_post_process=True,
            do_validation=False,
            local_files_only=True,
        )
        (folder / _ONNX).mkdir()
        shutil.move(Path(exported) / "model.onnx", folder / _ONNX)


def _quantize(folder: Path, file: str, instructions: Instructions) -> str:
    """Put int8 weights in the place of the exported ones; the new file's name."""
    from sentence_transformers import export_dynamic_quantized_onnx_model

    model = _load(folder, file, torch.get_num_threads())
    export_dynamic_quantized_onnx_model(model, instructions, str(folder))
    (folder / _ONNX / file).unlink()
    (quantized,) = (folder / _ONNX).glob("*.onnx")
    return quantized.name


def _load(folder: Path, file: str, threads: int) -> "SentenceTransformer":
    from onnxruntime import SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    settings = {
        "provider": "CPUExecutionProvider",
        "session_options": options,
        "subfolder": _ONNX,
        "file_name": file,
        "export": False,
    }
    return load_sentence_transformer(
        folder, name=str(folder), device="cpu", backend="onnx", model_kwargs=settings
    )


def _digest_of_weights(folder: Path) -> str:
    """Return a sum over PyTorch's weights as they lie in the folder."""
    sha256 = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        sha256.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            sha256.update(hashlib.file_digest(file, "sha256").digest())
    return sha256.hexdigest()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' notes to their own authors away from the user.

    They log through the root logger too, which would give it a handler for good, and then
    spaCy's messages would come twice.
    """
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(handler)
