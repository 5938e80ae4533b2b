"""What a pipeline leaves behind before it is saved."""

from collections.abc import Callable
from pathlib import Path

from spacy.language import Language


def make_portable(nlp: Language) -> Language:
    """Take the paths of this machine out of the config.

    A saved pipeline holds its weights and its sentence encoder, so it needs none of them:
    [paths] and the files of [initialize] become empty, the training log is forgotten, and an
    encoder that came from a folder keeps the folder's name alone.
    """
    config = nlp.config
    for key in config.get("paths", {}):
        config["paths"][key] = None
    config.get("training", {}).get("logger", {}).pop("output_file", None)
    for settings in config.get("initialize", {}).get("components", {}).values():
        for key in ("warm_start", "vectors_file", "dev"):
            settings.pop(key, None)
    for name in nlp.component_names:
        encoder = nlp.get_pipe_config(name).get("model", {}).get("encoder", {})
        if "name" in encoder and Path(encoder["name"]).is_dir():
            encoder["name"] = Path(encoder["name"]).name
    return nlp


def make_portable_callback() -> Callable[[Language], Language]:
    """Registered as `spacy_casn.portable.v1`; see `make_portable`."""
    return make_portable
