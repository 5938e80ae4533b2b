"""What one version of sentence-transformers saved, and another reads."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import srsly
from sentence_transformers import SentenceTransformer

from spacy_casn.encoders.safe_folder import load_sentence_transformer
from spacy_casn.encoders.saved_settings import (
    known_here,
    save_for_all_versions,
    write_for_all_versions,
)

from ..fakes import modules, save_bert_sentence_encoder

TEXTS = ["hello there", "you won the cake"]
BASE = "sentence_transformers.base.modules"
NEW_NAMES = [
    f"{BASE}.transformer.Transformer",
    "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    f"{BASE}.normalize.Normalize",
    f"{BASE}.dense.Dense",
]
"""Of sentence-transformers 6.2."""
NEW_SETTINGS: dict[str, dict[str, Any]] = {
    "sentence_bert_config.json": {
        "transformer_task": "feature-extraction",
        "modality_config": {
            "text": {"method": "forward", "method_output_name": "last_hidden_state"}
        },
        "module_output_name": "token_embeddings",
    },
    "1_Pooling/config.json": {
        "embedding_dimension": 24,
        "pooling_mode": "mean",
        "include_prompt": True,
    },
    "3_Dense/config.json": {
        "in_features": 24,
        "out_features": 8,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
        "module_input_name": "sentence_embedding",
        "module_output_name": "sentence_embedding",
    },
}
FIRST_SETTINGS: dict[str, dict[str, Any]] = {
    "sentence_bert_config.json": {"do_lower_case": False},
    "1_Pooling/config.json": {
        "word_embedding_dimension": 24,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_weightedmean_tokens": False,
        "pooling_mode_lasttoken": False,
        "include_prompt": True,
    },
    "3_Dense/config.json": {
        "in_features": 24,
        "out_features": 8,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    },
}


@pytest.fixture
def model(tmp_path: Path) -> SentenceTransformer:
    """An encoder with a module of each kind whose settings were renamed."""
    bert = SentenceTransformer(str(save_bert_sentence_encoder(tmp_path, layers=1)), device="cpu")
    dense = modules.Dense(24, 8)
    return SentenceTransformer(modules=[*bert, dense], device="cpu").eval()


def write_new_names(folder: Path) -> None:
    """Make a folder into what sentence-transformers 6.2 would save."""
    named = srsly.read_json(folder / "modules.json")
    for module, name in zip(named, NEW_NAMES, strict=True):
        module["type"] = name
    (folder / "modules.json").write_text(json.dumps(named))
    for file, settings in NEW_SETTINGS.items():
        (folder / file).write_text(json.dumps(settings))


def test_an_encoder_is_saved_in_the_names_that_all_versions_know(
    model: SentenceTransformer, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    save_for_all_versions(model, folder)
    kinds = [module["type"] for module in srsly.read_json(folder / "modules.json")]
    assert kinds == [
        f"sentence_transformers.models.{kind}"
        for kind in ("Transformer", "Pooling", "Normalize", "Dense")
    ]
    again = load_sentence_transformer(folder, name="saved", device="cpu")
    np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))
    assert again.max_seq_length == model.max_seq_length == 64


def test_what_a_newer_version_saved_is_loaded(model: SentenceTransformer, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    model.save_pretrained(str(folder), create_model_card=False)
    write_new_names(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    again = load_sentence_transformer(folder, name="saved", device="cpu")
    np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_new_settings_become_those_before(model: SentenceTransformer, tmp_path: Path) -> None:
    model.save_pretrained(str(tmp_path), create_model_card=False)
    write_new_names(tmp_path)
    for _ in range(2):  # and stay so
        write_for_all_versions(tmp_path)
        for file, settings in FIRST_SETTINGS.items():
            assert srsly.read_json(tmp_path / file) == settings
    pooling = "1_Pooling/config.json"
    both = {**NEW_SETTINGS[pooling], "pooling_mode": ["cls", "mean"]}
    (tmp_path / pooling).write_text(json.dumps(both))
    write_for_all_versions(tmp_path)
    assert srsly.read_json(tmp_path / pooling) == {
        **FIRST_SETTINGS[pooling],
        "pooling_mode_cls_token": True,
    }


@pytest.mark.parametrize(
    ("file", "setting", "value"),
    [
        ("sentence_bert_config.json", "transformer_task", "fill-mask"),
        ("1_Pooling/config.json", "pooling_mode", ["mean", "cls"]),
        ("3_Dense/config.json", "module_input_name", "token_embeddings"),
    ],
)
def test_what_versions_before_could_not_do_stays(
    model: SentenceTransformer, tmp_path: Path, file: str, setting: str, value: object
) -> None:
    model.save_pretrained(str(tmp_path), create_model_card=False)
    write_new_names(tmp_path)
    settings = {**NEW_SETTINGS[file], setting: value}
    (tmp_path / file).write_text(json.dumps(settings))
    write_for_all_versions(tmp_path)
    assert srsly.read_json(tmp_path / file) == settings


def test_what_is_known_here_is_not_copied(model: SentenceTransformer, tmp_path: Path) -> None:
    save_for_all_versions(model, tmp_path / "saved")
    with known_here(tmp_path / "saved") as folder:
        assert folder == tmp_path / "saved"
    bare = tmp_path / "bert"  # of transformers, with no modules of sentence-transformers
    with known_here(bare) as folder:
        assert folder == bare
    named = srsly.read_json(tmp_path / "saved" / "modules.json")
    named[2]["type"] = f"{BASE}.of_a_later_version.Normalize"
    (tmp_path / "saved" / "modules.json").write_text(json.dumps(named))
    with known_here(tmp_path / "saved") as folder:
        assert folder != tmp_path / "saved"
        assert (folder / "model.safetensors").is_file()
