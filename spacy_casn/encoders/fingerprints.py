"""Sums that tell encoders apart."""

import hashlib

from torch import Tensor, nn

VERSION = "2-"
"""Begins a sum over what the weights are; those of versions before were over names too."""


def fingerprint_of(module: nn.Module, max_length: float | None = None) -> str:
    """Return a sum over a module's weights and its length limit.

    The weights' names don't count: they differ between versions of the libraries.
    """
    sha256 = hashlib.sha256(str(max_length).encode())
    for digest in sorted(map(_digest, module.parameters())):
        sha256.update(digest)
    return VERSION + sha256.hexdigest()


def former_fingerprint_of(module: nn.Module, max_length: float | None) -> str:
    """Return the sum that versions before took, with the names of sentence-transformers 5.7."""
    sha256 = hashlib.sha256(str(max_length).encode())
    named = {
        name.replace("0.auto_model.", "0.model.", 1): weight
        for name, weight in module.state_dict().items()
    }
    for name, weight in sorted(named.items()):
        sha256.update(name.encode())
        sha256.update(_bytes(weight))
    return sha256.hexdigest()


def _digest(weight: Tensor) -> bytes:
    return hashlib.sha256(str(tuple(weight.shape)).encode() + _bytes(weight)).digest()


def _bytes(weight: Tensor) -> bytes:
    return weight.detach().cpu().contiguous().numpy().tobytes()
