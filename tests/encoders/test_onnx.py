import json
import logging
import pickle
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from spacy_casn.encoders import onnx as onnx_export
from spacy_casn.encoders.fine_tuning import Tuning
from spacy_casn.encoders.onnx import OnnxExporter, int8_instructions
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.storage.held_folder import HeldFolder

from ..fakes import modules, save_bert_sentence_encoder

TEXTS = ["you won", "", "the cake is great . " * 40, "no", "what ? really ? why ?", "you won"]
VNNI = {"avx2": True, "avx512_bw": True, "avx512_vl": True, "avx512_vnni": True}


def has(monkeypatch: pytest.MonkeyPatch, machine: str, **capabilities: bool) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.cpu, "get_capabilities", capabilities.copy)


@pytest.mark.parametrize("batch_tokens", [1, 9, 1000])
def test_onnx_gives_the_vectors_of_torch(fake_bert_encoder: Path, batch_tokens: int) -> None:
    expected = SentenceEncoder(str(fake_bert_encoder)).encode(TEXTS)
    encoder = SentenceEncoder(str(fake_bert_encoder), batch_tokens=batch_tokens, backend="onnx")
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_int8_gives_other_vectors_nearby(fake_bert_encoder: Path) -> None:
    expected = SentenceEncoder(str(fake_bert_encoder)).encode(TEXTS)
    vectors = SentenceEncoder(str(fake_bert_encoder), backend="onnx-int8").encode(TEXTS)
    assert np.abs(vectors - expected).max() > 1e-4
    assert (vectors * expected).sum(1).min() > 0.99


@pytest.mark.slow
def test_int8_keeps_the_real_encoders_vectors(real_encoder: str) -> None:
    turns = ["I got the job!", "Really?", "The bus is late again.", "I'm so sorry, Maya.", "At 9."]
    expected = SentenceEncoder(real_encoder).encode(turns)
    exact = SentenceEncoder(real_encoder, backend="onnx").encode(turns)
    np.testing.assert_allclose(exact, expected, atol=1e-5)
    rounded = SentenceEncoder(real_encoder, backend="onnx-int8").encode(turns)
    cosines = (rounded * expected).sum(1)
    assert cosines.min() > 0.94
    assert cosines.mean() > 0.97


def test_precision_concerns_torch_alone(fake_bert_encoder: Path, tmp_path: Path) -> None:
    model = SentenceTransformer(str(fake_bert_encoder), device="cpu")
    model.append(modules.Dense(24, 8))  # which PyTorch computes with either backend
    model.save_pretrained(str(tmp_path / "dense"), create_model_card=False)
    expected = SentenceEncoder(str(tmp_path / "dense")).encode(TEXTS)
    encoder = SentenceEncoder(str(tmp_path / "dense"), backend="onnx", precision="bf16")
    assert encoder.encode(TEXTS).shape == (6, 8)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("backend", ["onnx", "onnx-int8"])
def test_what_is_saved_needs_no_second_export_and_no_network(
    fake_bert_encoder: Path,
    tmp_path: Path,
    exports: list[Path],
    offline: Callable[[], None],
    backend: Any,
) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder), backend=backend)
    expected = encoder.encode(TEXTS)
    encoder.save(tmp_path / "saved")
    files = encoder.to_files()
    assert len(exports) == 1
    offline()
    (tmp_path / "saved").rename(tmp_path / "moved")
    loaded = SentenceEncoder("unused", backend=backend)
    loaded.load(HeldFolder(tmp_path / "moved"))
    from_files = SentenceEncoder("unused", backend=backend)
    from_files.from_files(files)
    for other in (loaded, from_files):
        np.testing.assert_array_equal(other.encode(TEXTS), expected)
        assert other.width == 24
        assert other.vectors_fingerprint() == encoder.vectors_fingerprint()
        assert other._model is None  # PyTorch's weights weren't needed
        assert other.to_files() == files
    assert len(exports) == 1
    back = SentenceEncoder("unused")
    back.load(HeldFolder(tmp_path / "moved"))
    torch_vectors = SentenceEncoder(str(fake_bert_encoder)).encode(TEXTS)
    np.testing.assert_allclose(back.encode(TEXTS), torch_vectors, atol=1e-6)


def test_what_torch_saved_is_exported_when_it_is_needed(
    fake_bert_encoder: Path, tmp_path: Path, exports: list[Path]
) -> None:
    SentenceEncoder(str(fake_bert_encoder)).save(tmp_path / "saved")
    assert not (tmp_path / "saved" / "onnx").exists()
    encoder = SentenceEncoder(str(tmp_path / "saved"), backend="onnx")
    assert encoder.width == 24
    assert exports == []
    encoder.encode(TEXTS)
    encoder.encode(["hello"])
    (folder,) = exports
    assert not (tmp_path / "saved" / "onnx").exists()
    assert folder.is_dir()
    del encoder
    assert not folder.exists()


@pytest.mark.parametrize("backend", ["onnx", "onnx-int8"])
def test_an_export_for_another_backend_or_of_other_weights_is_not_used(
    fake_bert_encoder: Path, tmp_path: Path, exports: list[Path], backend: Any
) -> None:
    SentenceEncoder(str(fake_bert_encoder), backend="onnx").save(tmp_path / "saved")
    if backend == "onnx":
        other = save_bert_sentence_encoder(tmp_path / "other", seed=1)
        shutil.copy(other / "model.safetensors", tmp_path / "saved")
    encoder = SentenceEncoder(str(tmp_path / "saved"), backend=backend)
    found = encoder.encode(TEXTS)
    assert len(exports) == 2
    expected = SentenceEncoder(str(tmp_path / "saved")).encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=0.1 if backend == "onnx-int8" else 1e-5)


def test_changed_weights_are_exported_anew_and_unchanged_ones_not(
    fake_bert_encoder: Path, tmp_path: Path, exports: list[Path]
) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx")
    encoder.tuning = Tuning(0, 1.0, 1000)
    before = encoder.encode(TEXTS)
    encoder.weights_changed()  # there and back, as averaged weights are tried
    np.testing.assert_array_equal(encoder.encode(TEXTS), before)
    assert len(exports) == 1
    with torch.no_grad():
        for weight in encoder.model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    encoder.weights_changed()
    after = encoder.encode(TEXTS)
    encoder.save(tmp_path / "saved")
    assert len(exports) == 2
    assert np.abs(after - before).max() > 1e-3
    saved = SentenceEncoder(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.encode(TEXTS), after, atol=1e-5)


def test_kept_vectors_are_those_of_one_backend(
    fake_bert_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vectors.safetensors"
    fingerprints = []
    for backend in ("torch", "onnx", "onnx-int8"):
        encoder = SentenceEncoder(str(fake_bert_encoder), backend=backend)
        fingerprints.append(encoder.vectors_fingerprint())
        assert not path.exists() or not encoder.cache.load_pinned(path, fingerprints[-1])
        encoder.encode_corpus(["you won"], path)
        assert encoder.cache.load_pinned(path, encoder.vectors_fingerprint())
        assert fingerprints[-1].startswith(encoder.fingerprint())  # stages may differ in backend
    assert len(set(fingerprints)) == 3


def test_its_threads_follow_pytorch(fake_bert_encoder: Path) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx")
    expected = encoder.encode(["you won"])
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            encoder.cache.clear()
            np.testing.assert_allclose(encoder.encode(["you won"]), expected, atol=1e-6)
            first = encoder._onnx.model[0]
            transformer = first.auto_model if hasattr(first, "auto_model") else first.model
            options = transformer.session.get_session_options()
            assert options.intra_op_num_threads == threads
    finally:
        torch.set_num_threads(before)


def test_an_encoder_in_use_can_be_sent_to_another_process(fake_bert_encoder: Path) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx")
    expected = encoder.encode(TEXTS)
    sent = pickle.loads(pickle.dumps(encoder))
    sent.cache.clear()
    np.testing.assert_array_equal(sent.encode(TEXTS), expected)


@pytest.mark.parametrize(
    ("machine", "capabilities", "expected"),
    [
        ("x86_64", VNNI, "avx512_vnni"),
        ("x86_64", {"avx2": True, "avx_vnni": True}, "avx512_vnni"),
        ("x86_64", {**VNNI, "avx512_vnni": False}, "avx512"),
        ("AMD64", {"avx2": True}, "avx2"),
        ("x86_64", {}, "avx2"),
        ("aarch64", {}, "arm64"),
        ("arm64", {}, "arm64"),
    ],
)
def test_int8_weights_are_for_the_processor_at_hand(
    monkeypatch: pytest.MonkeyPatch, machine: str, capabilities: dict[str, bool], expected: str
) -> None:
    has(monkeypatch, machine, **capabilities)
    assert int8_instructions() == expected


def test_a_processor_without_vnni_is_told_of_once(
    fake_bert_encoder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    has(monkeypatch, "x86_64", avx2=True)
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx-int8")
    encoder.tuning = Tuning(0, 1.0, 1000)
    with caplog.at_level(logging.WARNING):
        encoder.encode(["you won"])
        with torch.no_grad():
            next(encoder.model.parameters()).add_(1)
        encoder.weights_changed()
        encoder.encode(["you won"])
    assert caplog.messages == [
        "backend = 'onnx-int8': this processor has no VNNI instructions, so the sentence encoder "
        "falls back to int8 weights for avx2, which are slower."
    ]
    caplog.clear()
    has(monkeypatch, "x86_64", **VNNI)
    assert OnnxExporter("onnx-int8").instructions == "avx512_vnni"
    assert caplog.messages == []


def test_exporting_leaves_no_log_handler(
    fake_bert_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    SentenceEncoder(str(fake_bert_encoder), backend="onnx-int8").encode(["you won"])
    assert logging.getLogger().handlers == []


def test_no_path_of_this_machine_is_saved(fake_bert_encoder: Path) -> None:
    files = SentenceEncoder(str(fake_bert_encoder), backend="onnx").to_files()
    for name, content in files.items():
        for path in (str(fake_bert_encoder), sys.prefix, "spacy-casn-"):
            assert path.encode() not in content, name
    note = json.loads(files["onnx/export.json"])
    assert f"onnx/{note['file']}" in files


@pytest.mark.parametrize("missing", ["onnxruntime", "optimum", "optimum.onnxruntime"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    find = onnx_export.importlib.util.find_spec
    monkeypatch.setattr(
        onnx_export.importlib.util,
        "find_spec",
        lambda module: None if module == missing else find(module),
    )
    with pytest.raises(ValueError, match=r"'onnx' .* needs .*`pip install spacy-casn\[onnx\]`"):
        SentenceEncoder("all-MiniLM-L6-v2", backend="onnx")
    SentenceEncoder("all-MiniLM-L6-v2")  # torch needs none of it


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ValueError, match=r"backend = 'tensorrt' .* 'torch', 'onnx', 'onnx-int8'"):
        SentenceEncoder("all-MiniLM-L6-v2", backend="tensorrt")  # type: ignore[arg-type]


def test_a_bag_of_words_is_refused(fake_encoder: Path) -> None:
    encoder = SentenceEncoder(str(fake_encoder), backend="onnx-int8")
    with pytest.raises(ValueError, match=r"backend = 'onnx-int8' needs .*'.*tiny-encoder'.*torch"):
        encoder.encode(["you won"])


def test_an_encoder_that_optimum_does_not_know_is_refused(
    fake_bert_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise ValueError("a custom architecture\nand more")

    monkeypatch.setattr(onnx_export, "_export_transformer", fail)
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx")
    with pytest.raises(ValueError, match=r"can't be exported .*\(a custom architecture\): set"):
        encoder.encode(["you won"])
