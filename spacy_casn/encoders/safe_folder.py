"""Loads nothing from a sentence encoder's folder that could run code.

Weights come as safetensors, never by pickle. What the folder itself may choose, such as the
classes of its modules, is limited to what sentence-transformers and transformers bring along.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open

from ..storage import strict_json
from ..storage.errors import first_line
from .saved_settings import MODULES_FILE, known_here
from .source import not_loaded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers.configuration_utils import PretrainedConfig

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
ACTIVATIONS = (
    "ELU",
    "GELU",
    "Hardswish",
    "Identity",
    "LeakyReLU",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
)
"""What a dense module may have for its activation function."""
_ACTIVATION_PLACES = ("torch.nn", "torch.nn.modules.activation", "torch.nn.modules.linear")
_NORM = re.compile("(gamma|beta)$")
"""How old BERTs call the weights of a norm."""
_READ_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
"""Weights that are read in the place of pickled ones."""
_REFUSED = (
    "auto_map",
    "base_model_name_or_path",
    "config_args",
    "config_kwargs",
    "merges_file",
    "model_args",
    "model_kwargs",
    "processor_kwargs",
    "tokenizer_args",
    "tokenizer_file",
    "tokenizer_name_or_path",
    "vocab_file",
)
"""Settings that name code, or by which weights, words or code could come from elsewhere."""
_TRANSFORMER_SETTINGS = {
    "do_lower_case",
    "max_seq_length",
    "modality_config",
    "module_output_name",
    "processing_kwargs",
    "transformer_task",
    "unpad_inputs",
}
"""All that the settings of sentence-transformers' own Transformer module may hold."""


def load_sentence_transformer(
    folder: Path, *, name: str, device: str, **settings: Any
) -> "SentenceTransformer":
    """Return the sentence transformer in a folder; no network is asked.

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
        with known_here(folder) as known:
            model = SentenceTransformer(
                str(known),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                **settings,
            )
        _check_weights(folder, model)
    except Exception as error:  # of sentence-transformers or ONNX Runtime, by what is damaged
        raise not_loaded(name, error) from error
    return model


def check_encoder_folder(folder: Path) -> None:
    """Refuse a folder that could run code when an encoder is loaded from it.

    Args:
        folder: Of sentence-transformers or transformers.

    Raises:
        ValueError: a module lies outside of the folder, its weights are no safetensors, its
            settings name code or files elsewhere, or can't be read.
    """
    for module in _modules(folder):
        place = folder / module.get("path", "")
        leads_up = ".." in Path(module.get("path", "")).parts
        if leads_up or not place.resolve().is_relative_to(folder.resolve()):
            raise ValueError(
                f"'{folder / MODULES_FILE}' sets path = '{module['path']}', which leads out of the "
                f"encoder's folder: give an encoder that holds all of its modules."
            )
        files = sorted(path for path in place.glob("*") if path.is_file())
        pickles = [path for path in files if path.suffix.lower() in PICKLES]
        read = any(path.name in _READ_WEIGHTS for path in files)
        if refused := [path for path in pickles if not read or path.name.startswith("adapter_")]:
            raise ValueError(
                f"'{refused[0]}' would be loaded by pickle, which can run code: where you trust "
                f"it, load the encoder by sentence-transformers and save it by save_pretrained, "
                f"which writes safetensors."
            )
    for path, setting in _code_in(folder):
        raise ValueError(
            f"'{path}' sets {setting}, by which loading could run code that neither "
            f"sentence-transformers nor transformers brings along: give another encoder."
        )


def _modules(folder: Path) -> list[dict[str, str]]:
    path = folder / MODULES_FILE
    plain = {"path": "", "type": "sentence_transformers.models.Transformer"}
    modules = _read(path) if path.is_file() else [plain]
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise ValueError(f"'{path}' is no list of modules: get the encoder again.")
    for module in modules:
        if not all(isinstance(module.get(key, ""), str) for key in ("path", "type")):
            raise ValueError(f"'{path}' has a path or type that is no text: get it again.")
    return modules


def _code_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Return the settings, with their files, that could run code."""
    for module in _modules(folder):
        kind = module.get("type", "")
        if not kind.startswith("sentence_transformers.") or kind.split(".")[-1] not in MODULES:
            yield folder / MODULES_FILE, f"type = '{kind}'"
    for path in sorted(folder.rglob("*")):
        name = path.name.lower()
        if "config" in name and name.endswith(".json"):
            settings = _read(path)
            if isinstance(settings, dict):
                yield from ((path, setting) for setting in _code_of(settings, name))
        elif name.endswith(".safetensors.index.json"):
            index = _read(path)
            shards = index.get("weight_map") if isinstance(index, dict) else None
            for file in shards.values() if isinstance(shards, dict) else ["nothing"]:
                if not str(file).endswith(".safetensors") or Path(str(file)).name != file:
                    yield path, f"weight_map to '{file}'"


def _code_of(settings: dict[str, Any], name: str) -> Iterator[str]:
    """Return the settings in a file of this name that could run code."""
    yield from (setting for setting in _REFUSED if settings.get(setting))
    if name.startswith("sentence_") and name.endswith("_config.json"):
        yield from sorted(settings.keys() - _TRANSFORMER_SETTINGS)
    if "activation_function" in settings:
        activation = str(settings["activation_function"])
        place, _, function = activation.rpartition(".")
        if place not in _ACTIVATION_PLACES or function not in ACTIVATIONS:
            yield f"activation_function = '{activation}'"


def transformer_config(model: "SentenceTransformer") -> "PretrainedConfig | None":
    """Return the config of the Transformer that comes first, None where there is none."""
    from transformers.configuration_utils import PretrainedConfig

    configs = (getattr(module, "config", None) for module in model[0].modules())
    return next((one for one in configs if isinstance(one, PretrainedConfig)), None)


def _check_weights(folder: Path, model: "SentenceTransformer") -> None:
    """Raise ValueError where weights aren't finite, or the Transformer's aren't in its file.

    What a file lacks, transformers makes up at random.
    """
    for name, weight in model.named_parameters():
        if not weight.isfinite().all():
            raise ValueError(f"its weights '{name}' hold a value that is no finite number")
    file = folder / _modules(folder)[0].get("path", "") / _READ_WEIGHTS[0]
    if transformer_config(model) is None or not file.is_file():
        return
    with safe_open(file, framework="pt") as weights:
        saved = [_NORM.sub(_norm_name, name) for name in weights.keys()]  # noqa: SIM118
    for name, _ in model[0].named_parameters():
        own = name.split(".", 1)[1]  # beside the name that the module gives the Transformer
        if "pooler." not in own and not any(f".{key}".endswith(f".{own}") for key in saved):
            raise ValueError(f"'{file.name}' has no weights '{own}'")


def _norm_name(match: re.Match[str]) -> str:
    return "weight" if match[1] == "gamma" else "bias"


def _read(path: Path) -> Any:
    try:
        return strict_json.read(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"'{path}' can't be read as JSON ({first_line(error)}): get it again."
        ) from error
