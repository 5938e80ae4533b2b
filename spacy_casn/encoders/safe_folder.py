"""Loads nothing from a sentence encoder's folder that could run code.

Weights come as safetensors, never by pickle. What the folder itself may choose, such as the
classes of its modules, is limited to what sentence-transformers and transformers bring along.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .source import not_loaded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODULES = (
    "Dense",
    "Dropout",
    "LayerNorm",
    "Normalize",
    "Pooling",
    "StaticEmbedding",
    "Transformer",
    "WeightedLayerPooling",
)
"""The modules of sentence-transformers that read settings and weights alone."""
PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
"""How files end whose weights are loaded by pickle."""
_MODULES = "modules.json"
_REFUSED = (
    "auto_map",
    "base_model_name_or_path",
    "config_args",
    "config_kwargs",
    "model_args",
    "model_kwargs",
)
"""Settings that name code, or by which weights or code could come from elsewhere."""


def load_sentence_transformer(
    folder: Path, *, name: str, device: str, **settings: Any
) -> "SentenceTransformer":
    """The sentence transformer in a folder; no network is asked.

    Args:
        folder: Such as `find_encoder` gives.
        name: What an error calls the encoder.
        device: Where it is to compute.
        settings: Others of `SentenceTransformer`.

    Raises:
        ValueError: `check_encoder_folder` refuses the folder, or it holds no such encoder.
    """
    check_encoder_folder(folder)
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder), device=device, local_files_only=True, trust_remote_code=False, **settings
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise not_loaded(name, error) from error


def check_encoder_folder(folder: Path) -> None:
    """Refuse a folder that could run code when an encoder is loaded from it.

    Args:
        folder: Of sentence-transformers or transformers.

    Raises:
        ValueError: its weights are no safetensors, its settings name code, or can't be read.
    """
    for module in _modules(folder):
        place = folder / module.get("path", "")
        files = sorted(path for path in place.glob("*") if path.is_file())
        pickles = [path for path in files if path.suffix.lower() in PICKLES]
        if pickles and not any(path.suffix == ".safetensors" for path in files):
            raise ValueError(
                f"'{pickles[0]}' would be loaded by pickle, which can run code: where you trust "
                f"it, load the encoder by sentence-transformers and save it by save_pretrained, "
                f"which writes safetensors."
            )
    for path, setting in _code_in(folder):
        raise ValueError(
            f"'{path}' sets {setting}, by which loading could run code that neither "
            f"sentence-transformers nor transformers brings along: give another encoder."
        )


def _modules(folder: Path) -> list[dict[str, str]]:
    path = folder / _MODULES
    plain = {"path": "", "type": "sentence_transformers.models.Transformer"}
    return _read(path) if path.is_file() else [plain]


def _code_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """The settings, with their files, that could run code."""
    for module in _modules(folder):
        kind = module.get("type", "")
        if not kind.startswith("sentence_transformers.") or kind.split(".")[-1] not in MODULES:
            yield folder / _MODULES, f"type = '{kind}'"
    for path in sorted(folder.rglob("*")):
        name = path.name.lower()
        if "config" in name and name.endswith(".json"):
            settings = _read(path)
            if isinstance(settings, dict):
                yield from ((path, setting) for setting in _REFUSED if settings.get(setting))
                activation = str(settings.get("activation_function", "torch.nn."))
                if not activation.startswith("torch.nn."):
                    yield path, f"activation_function = '{activation}'"
        elif name.endswith(".safetensors.index.json"):
            for file in _read(path).get("weight_map", {}).values():
                if not file.endswith(".safetensors"):
                    yield path, f"weight_map to '{file}'"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"'{path}' can't be read as JSON ({error}): get it again.") from error
