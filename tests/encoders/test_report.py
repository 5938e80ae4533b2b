import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from spacy_casn.encoders import source as encoder_source
from spacy_casn.encoders.report import fetch_encoder
from spacy_casn.encoders.sentence_transformer import SentenceEncoder

from ..fakes import WORDS

TEXTS = ["hello there", "you won !"]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_is_reported(fake_bert_encoder: Path) -> None:
    report = fetch_encoder(str(fake_bert_encoder))
    weights = fake_bert_encoder / report.weights
    assert (report.source, report.folder) == ("folder", str(fake_bert_encoder))
    assert (report.width, report.max_length) == (24, 64)
    assert report.parameters == sum(tensor.numel() for tensor in load_file(weights).values())
    assert (report.size, report.sha256) == (weights.stat().st_size, sha256(weights))
    assert not report.published


def test_no_length_limit_is_none(fake_encoder: Path) -> None:
    report = fetch_encoder(str(fake_encoder))
    assert report.max_length is None
    assert report.parameters == 24 * (len(WORDS) + 1)


def test_what_is_saved_gives_the_same_vectors_offline(
    fake_bert_encoder: Path, tmp_path: Path, offline: object
) -> None:
    report = fetch_encoder(str(fake_bert_encoder), tmp_path / "new" / "saved")
    expected = SentenceEncoder(str(fake_bert_encoder)).encode(TEXTS)
    assert callable(offline)
    offline()
    saved = tmp_path / "new" / "saved"
    np.testing.assert_array_equal(SentenceEncoder(str(saved)).encode(TEXTS), expected)
    assert fetch_encoder(str(saved)).sha256 == report.sha256


def test_weights_of_another_format_are_refused(fake_bert_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fake_bert_encoder, tmp_path / "old")
    (weights,) = folder.rglob("model.safetensors")
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    with pytest.raises(ValueError, match=r"pytorch_model\.bin' would be loaded by pickle"):
        fetch_encoder(str(folder), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_other_weights_under_a_known_name_are_an_error(fake_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fake_encoder, tmp_path / "all-mpnet-base-v2")
    with pytest.raises(ValueError, match=r"sha256 sum .* published weights of all-mpnet.* 78c0"):
        fetch_encoder(str(folder), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_known_weights_are_told(fake_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = fetch_encoder(str(fake_encoder)).sha256
    monkeypatch.setitem(encoder_source.PUBLISHED_WEIGHTS, "other-name", known)
    assert fetch_encoder(str(fake_encoder)).published


@pytest.fixture
def snapshot(fake_bert_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an encoder called tiny, in the hub's cache."""
    repository = tmp_path / "models--sentence-transformers--tiny"
    folder = shutil.copytree(fake_bert_encoder, repository / "snapshots" / "0123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123", encoding="utf-8")
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    return folder


def test_what_came_from_the_hub_is_found_in_its_cache(
    snapshot: Path, offline: Callable[[], None]
) -> None:
    offline()
    report = fetch_encoder("tiny")
    assert (report.source, report.folder) == ("hub", str(snapshot))
    assert report.sha256 == sha256(snapshot / report.weights)


def test_what_came_from_the_hub_is_verified_before_it_is_loaded(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(encoder_source.PUBLISHED_WEIGHTS, "tiny", "0" * 64)
    (snapshot / "modules.json").unlink()  # and would be missed
    with pytest.raises(ValueError, match=r"published weights of tiny have 0000.*delete the folder"):
        _ = SentenceEncoder("tiny").model


def test_what_lacks_in_the_cache_is_fetched_weights_last(
    snapshot: Path, fake_bert_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (snapshot / "model.safetensors").unlink()
    asked: list[dict[str, Any]] = []

    def download(repository: str, **settings: Any) -> str:
        assert repository == "sentence-transformers/tiny"
        asked.append(settings)
        if not settings.get("local_files_only") and "ignore_patterns" not in settings:
            shutil.copy(fake_bert_encoder / "model.safetensors", snapshot)
        return str(snapshot)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert encoder_source.find_encoder("tiny") == snapshot
    assert [settings.get("local_files_only", False) for settings in asked] == [True, False, False]
    assert asked[1]["ignore_patterns"] == "*.safetensors"
    assert not any(name.endswith((".bin", ".py")) for name in asked[2]["allow_patterns"])


def test_a_folder_that_is_there_is_not_replaced(fake_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    for output in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ValueError, match="is there already"):
            fetch_encoder(str(fake_encoder), output)
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_a_file_of_weights_is_named(fake_encoder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fake_encoder, tmp_path / "encoder")
    (weights,) = folder.rglob("model.safetensors")
    weights.unlink()
    with pytest.raises(ValueError, match=r"has no model\.safetensors: give"):
        encoder_source.weights_file(folder)


def test_the_package_is_the_published_one(real_encoder: str) -> None:
    report = fetch_encoder(real_encoder)
    assert (report.source, report.published) == ("package", True)
    assert (report.width, report.max_length, report.parameters) == (384, 256, 22_713_216)
    assert report.sha256 == encoder_source.PUBLISHED_WEIGHTS[real_encoder]
