"""The settings in a sentence encoder's folder, as all versions of sentence-transformers read them.

sentence-transformers 5.4 renamed its modules and some of their settings, 6 a module again. All
versions read the first names, which most encoders on the Hugging Face hub have; none reads what
came after it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..storage import strict_json
from ..storage.files import TemporaryFolder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODULES_FILE = "modules.json"
"""The file that names an encoder's modules, with their folders."""
Settings = dict[str, Any]

_FIRST_NAMES = "sentence_transformers.models."
_POOLING = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
"""The settings before of each way to pool, in the order in which several are joined."""
_READS_TEXT = {
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
}
"""What a Transformer has that does all that one could do before."""


def save_for_all_versions(model: "SentenceTransformer", folder: Path) -> None:
    """Write an encoder as a sentence-transformers folder, weights as safetensors."""
    model.save_pretrained(str(folder), create_model_card=False)
    write_for_all_versions(folder)


def write_for_all_versions(folder: Path) -> None:
    """Write the settings in an encoder's folder anew, in the names that all versions know.

    What older versions can't do at all stays as it is.
    """
    path = folder / MODULES_FILE
    modules = strict_json.read(path)
    for module in modules:
        kind = module["type"].rpartition(".")[2]
        module["type"] = f"{_FIRST_NAMES}{kind}"
        file, before = _BEFORE.get(kind, ("", None))
        settings = folder / module["path"] / file
        if before is not None and settings.is_file():
            strict_json.write(settings, before(strict_json.read(settings)))
    strict_json.write(path, modules)


@contextmanager
def known_here(folder: Path) -> Iterator[Path]:
    """Give a folder with an encoder in the names that the installed version knows.

    Args:
        folder: A checked one, saved by any version. Where its names are too new, it is copied for
            as long as the block takes.
    """
    path = folder / MODULES_FILE
    if not path.is_file() or all(_is_known(module["type"]) for module in strict_json.read(path)):
        yield folder
    else:
        copy = TemporaryFolder()
        shutil.copytree(folder, copy.path, dirs_exist_ok=True)
        write_for_all_versions(copy.path)
        yield copy.path


def _is_known(kind: str) -> bool:
    """Return whether a module of sentence-transformers has this name in the installed version."""
    if kind.startswith(_FIRST_NAMES):
        return True
    try:
        return find_spec(kind.rpartition(".")[0]) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def _transformer_before(settings: Settings) -> Settings:
    others = {name: value for name, value in settings.items() if name not in _READS_TEXT}
    reads_text = all(settings.get(name, value) == value for name, value in _READS_TEXT.items())
    return {"do_lower_case": False, **others} if reads_text else settings


def _pooling_before(settings: Settings) -> Settings:
    if "pooling_mode" not in settings:
        return settings
    mode = settings["pooling_mode"]
    modes = [mode] if isinstance(mode, str) else list(mode)
    if modes != [one for one in _POOLING if one in modes]:
        return settings
    others = {name: value for name, value in settings.items() if name != "pooling_mode"}
    before = {name: one in modes for one, name in _POOLING.items()}
    return {**_word_width_before(others), **before}


def _word_width_before(settings: Settings) -> Settings:
    names = {"embedding_dimension": "word_embedding_dimension"}
    return {names.get(name, name): value for name, value in settings.items()}


def _dense_before(settings: Settings) -> Settings:
    new = ("module_input_name", "module_output_name")
    usual = all(settings.get(name, "sentence_embedding") == "sentence_embedding" for name in new)
    return {name: value for name, value in settings.items() if not usual or name not in new}


_BEFORE: dict[str, tuple[str, Callable[[Settings], Settings]]] = {
    "Dense": ("config.json", _dense_before),
    "Pooling": ("config.json", _pooling_before),
    "Transformer": ("sentence_bert_config.json", _transformer_before),
    "WeightedLayerPooling": ("config.json", _word_width_before),
}
"""By a module's kind, the file with its settings and what makes them as they were before."""
