"""What a pipeline leaves behind before it is saved."""

from collections.abc import Callable
from copy import copy
from pathlib import Path

import spacy
from spacy.language import Language

from ..storage.checkpoints import copy_checkpoints_whole, saved_whole
from .casn_emotion import CasnEmotion


def make_portable(nlp: Language) -> Language:
    """Take this machine's paths out of the config, and out of the vocabulary what was read.

    A saved pipeline holds its weights and its sentence encoder, so it needs no paths: [paths]
    and the files of [initialize] become empty, the training log is forgotten, and an encoder
    that came from a folder keeps the folder's name alone. The words and speakers of the
    training data stay behind too, unless there are word vectors or other components, which
    may need them.

    Returns:
        The pipeline to save; training can go on with the given one.
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
    others = [name for name, pipe in nlp.components if not isinstance(pipe, CasnEmotion)]
    if others or nlp.vocab.vectors.n_keys:
        return nlp
    portable = copy(nlp)
    portable.vocab = spacy.blank(nlp.meta["lang"]).vocab
    portable.vocab.lookups = nlp.vocab.lookups
    return portable


def make_portable_callback() -> Callable[[Language], Language]:
    """Make `spacy_casn.portable.v1`: each checkpoint is portable, and saved whole."""
    copy_checkpoints_whole()
    return lambda nlp: saved_whole(make_portable(nlp))
