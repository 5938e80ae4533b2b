"""Figures that no training gives are refused when they are loaded."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import spacy
import torch
from safetensors.torch import load_file, save_file
from spacy.language import Language

from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.storage.integrity import seal

REFUSED = r"has the temperature .* finite number above 0|can't be read as JSON"


def edit_cfg(pipeline: Path, cfg: dict[str, Any]) -> None:
    """Replace the settings in a saved pipeline, its sums too."""
    folder = pipeline / "casn_emotion"
    (folder / "cfg").write_text(json.dumps(cfg))
    (folder / "format.json").unlink()
    seal(folder)


@pytest.mark.parametrize("temperature", [0, -1.0, math.inf, math.nan, "1", None])
def test_temperatures(trained: Language, tmp_path: Path, temperature: object) -> None:
    pipe = trained.get_pipe("casn_emotion")
    trained.to_disk(tmp_path / "pipeline")
    edit_cfg(tmp_path / "pipeline", {**pipe.cfg, "temperature": temperature})
    with pytest.raises(ValueError, match=REFUSED):
        spacy.load(tmp_path / "pipeline")


def test_a_temperature_in_bytes(trained: Language) -> None:
    trained.get_pipe("casn_emotion").cfg["temperature"] = 0
    data = trained.get_pipe("casn_emotion").to_bytes()
    with pytest.raises(ValueError, match=REFUSED):
        trained.get_pipe("casn_emotion").from_bytes(data)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights(trained: Language, tmp_path: Path, value: float) -> None:
    classifier = trained.get_pipe("casn_emotion").model.get_ref("classifier").shims[0]._model
    with torch.no_grad():
        classifier[1].bias[0] = value
    trained.to_disk(tmp_path / "pipeline")
    with pytest.raises(ValueError, match=r"'1\.bias' of 'classifier' holds a value"):
        spacy.load(tmp_path / "pipeline")


def test_learned_labels(trained: Language, tmp_path: Path) -> None:
    pipe = trained.get_pipe("casn_emotion")
    pipe.learn_labels({"relief": ["Oh good."], "worry": ["Oh no."]})
    trained.to_disk(tmp_path / "pipeline")
    pipe.cfg["learned"]["prototypes"][0][0] = 1e300
    edit_cfg(tmp_path / "pipeline", pipe.cfg)
    with pytest.raises(ValueError, match="learned labels with a value that is no finite number"):
        spacy.load(tmp_path / "pipeline")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("renamed", "has no weights 'embeddings.word_embeddings.weight'"),
        ("missing", "has no weights 'encoder.layer.1.output.dense.weight'"),
        ("nan", "is no finite number"),
        ("cut", "can't be loaded"),
    ],
)
def test_weights_of_an_encoder(
    fake_bert_encoder: Path, tmp_path: Path, how: str, told: str
) -> None:
    SentenceEncoder(str(fake_bert_encoder)).save(tmp_path / "encoder")
    path = tmp_path / "encoder" / "model.safetensors"
    weights = load_file(path)
    if how == "renamed":
        weights = {f"zzz{name}": weight for name, weight in weights.items()}
    elif how == "missing":
        del weights["encoder.layer.1.output.dense.weight"]
    elif how == "nan":
        weights["encoder.layer.1.output.dense.weight"][0, 0] = math.nan
    save_file(weights, path, metadata={"format": "pt"})
    if how == "cut":
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match=told):
        _ = SentenceEncoder(str(tmp_path / "encoder")).model


def test_a_head_without_a_weight(trained: Language, tmp_path: Path) -> None:
    shim = trained.get_pipe("casn_emotion").model.get_ref("classifier").shims[0]
    shim._model[1].register_parameter("bias", None)
    trained.to_disk(tmp_path / "pipeline")
    with pytest.raises(ValueError, match=r"'1\.bias' of 'classifier' is nothing in the weights"):
        spacy.load(tmp_path / "pipeline")
