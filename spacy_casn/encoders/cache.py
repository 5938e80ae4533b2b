"""Utterance vectors by text, in memory and on disk."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ..data.types import Vectors
from ..storage.files import replaced_when_whole
from ..storage.header_note import from_metadata, to_metadata


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sum(fingerprint: str, digests: NDArray, vectors: NDArray) -> str:
    sha256 = hashlib.sha256(fingerprint.encode())
    for tensor in (digests, vectors):
        sha256.update(tensor.data.cast("B"))
    return sha256.hexdigest()


class VectorCache:
    """Keeps the vectors of pinned texts for good and of the latest `capacity` other texts.

    Texts are known by a digest, so that neither memory nor file holds what was said.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._pinned: dict[bytes, Vectors] = {}
        self._latest: dict[bytes, Vectors] = {}

    def get(self, text: str) -> Vectors | None:
        digest = _digest(text)
        vector = self._pinned.get(digest)
        return self._latest.get(digest) if vector is None else vector

    def put(self, text: str, vector: Vectors) -> None:
        self._latest[_digest(text)] = vector
        while len(self._latest) > self.capacity:
            del self._latest[next(iter(self._latest))]

    def pin(self, texts: Iterable[str], vectors: Iterable[Vectors]) -> None:
        for text, vector in zip(texts, vectors, strict=True):
            digest = _digest(text)
            self._pinned[digest] = vector
            self._latest.pop(digest, None)

    def clear(self) -> None:
        """Forget all, since the encoder has changed."""
        self._pinned.clear()
        self._latest.clear()

    def save_pinned(self, path: Path, fingerprint: str) -> None:
        """Write the pinned vectors of the encoder with this fingerprint."""
        tensors: dict[str, NDArray] = {
            "digests": np.frombuffer(b"".join(self._pinned), np.uint8).reshape(-1, 16),
            "vectors": np.stack(list(self._pinned.values())),
        }
        note = {"encoder": fingerprint, "sha256": _sum(fingerprint, **tensors)}
        with replaced_when_whole(path) as temporary:
            save_file(tensors, temporary, metadata=to_metadata(note))

    def load_pinned(self, path: Path, fingerprint: str) -> bool:
        """Take up what `save_pinned` wrote; False if it came from another encoder.

        The vectors stay in the file, mapped into memory: trainings that run at the same time
        share them. A file without a sum, as versions before wrote it, is not taken up.

        Raises:
            ValueError: the file is no such file, or was changed since.
        """
        try:
            # The file is mapped for PyTorch alone; for NumPy it would be copied.
            with safe_open(path, framework="pt") as file:
                note = from_metadata(file.metadata())
                if note.get("encoder") != fingerprint:
                    return False
                digests, vectors = (
                    file.get_tensor(name).numpy() for name in ("digests", "vectors")
                )
        except (SafetensorError, AttributeError, ValueError) as error:
            raise ValueError(f"'{path}' holds no turn vectors ({error}): delete it.") from error
        if _sum(fingerprint, digests, vectors) != note.get("sha256"):
            raise ValueError(
                f"The turn vectors in '{path}' were changed or damaged since they were written: "
                f"delete it, and they are made anew."
            )
        self._pinned.update(zip((row.tobytes() for row in digests), vectors, strict=True))
        return True
