import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from spacy_casn.encoders import source as encoder_source
from spacy_casn.encoders.cache import VectorCache
from spacy_casn.encoders.fine_tuning import Tuning, encode_for_training
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.encoders.source import find_encoder
from spacy_casn.storage.held_folder import HeldFolder

from ..fakes import save_sentence_encoder


@pytest.fixture
def encoder(fake_encoder: Path) -> SentenceEncoder:
    return SentenceEncoder(str(fake_encoder), cache_size=3)


@pytest.fixture
def encoded(encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the sentence transformer itself was given."""
    texts: list[str] = []
    encode = encoder.model.encode

    def spy(given: list[str], **settings: Any) -> Any:
        texts.extend(given)
        return encode(given, **settings)

    monkeypatch.setattr(encoder.model, "encode", spy)
    return texts


def test_vectors_are_the_sentence_transformers_in_order(encoder: SentenceEncoder) -> None:
    texts = ["you won", "no", "you won", "hello there"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, encoder.width)
    np.testing.assert_allclose(vectors, encoder.model.encode(texts), rtol=1e-6)


@pytest.mark.parametrize("batch_tokens", [1, 9, 1000])
def test_word_pieces_go_in_batches_of_like_length(
    fake_bert_encoder: Path, monkeypatch: pytest.MonkeyPatch, batch_tokens: int
) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder), batch_tokens=batch_tokens)
    texts = ["you won", "", "the cake is great . " * 40, "no", "what ? really ? why ?", "you won"]
    expected = encoder.model.encode(texts)
    shapes = []
    forward = encoder.model.forward

    def spy(features: dict[str, Any], **settings: Any) -> Any:
        shapes.append(features["input_ids"].shape)
        return forward(features, **settings)

    monkeypatch.setattr(encoder.model, "forward", spy)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-6)
    assert sum(rows for rows, _ in shapes) == 5  # each distinct text once
    assert all(rows * length <= batch_tokens or rows == 1 for rows, length in shapes)
    assert [length for _, length in shapes] == sorted(length for _, length in shapes)
    assert shapes[-1][1] == 64  # the model's limit


def test_vectors_are_cut_to_the_width_that_the_encoder_states(
    fake_bert_encoder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cut"
    copytree(fake_bert_encoder, folder)
    settings = json.loads((folder / "config_sentence_transformers.json").read_text())
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({**settings, "truncate_dim": 8})
    )
    whole, cut = SentenceEncoder(str(fake_bert_encoder)), SentenceEncoder(str(folder))
    cut.model.truncate_dim = 8  # sentence-transformers 5.1 doesn't read it
    vectors = cut.encode(["you won", "no"])
    assert vectors.shape == (2, cut.width) == (2, 8)
    np.testing.assert_allclose(vectors, whole.encode(["you won", "no"])[:, :8], atol=1e-6)
    np.testing.assert_allclose(vectors, cut.model.encode(["you won", "no"]), atol=1e-6)
    tuning = Tuning(0, 1.0, 16_384)
    learning = encode_for_training(
        cut.model, ["you won", "no"], tuning, batch_tokens=64, precision="fp32"
    )
    np.testing.assert_allclose(learning.detach().numpy(), vectors, atol=1e-6)
    assert cut.fingerprint() != whole.fingerprint()


def test_a_prompt_that_the_encoder_was_trained_with_stands_before_each_text(
    fake_bert_encoder: Path,
) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder))
    encoder.model.prompts = {"turn": "note : "}
    encoder.model.default_prompt_name = "turn"
    vectors = encoder.encode(["you won"])
    np.testing.assert_allclose(vectors, encoder.model.encode(["you won"]), atol=1e-6)
    encoder.model.default_prompt_name = None
    assert np.abs(vectors - encoder.model.encode(["you won"])).max() > 0.01


def test_each_text_is_encoded_once(encoder: SentenceEncoder, encoded: list[str]) -> None:
    first = encoder.encode(["no", "yes", "no"])
    assert encoded == ["no", "yes"]
    np.testing.assert_array_equal(encoder.encode(["yes", "no"]), first[[1, 0]])
    assert encoded == ["no", "yes"]


def test_the_cache_is_bounded(encoder: SentenceEncoder, encoded: list[str]) -> None:
    encoder.encode(["hello", "you", "won", "lost"])
    encoder.encode(["lost", "won", "you"])
    assert len(encoded) == 4
    encoder.encode(["hello"])
    assert encoded[4:] == ["hello"]


def test_a_corpus_is_encoded_once_however_large(
    encoder: SentenceEncoder, encoded: list[str], capsys: pytest.CaptureFixture
) -> None:
    texts = ["hello", "you", "won", "lost", "i", "hello"]
    encoder.encode_corpus(texts)
    for _ in range(2):
        encoder.encode(texts)
    assert encoded == texts[:5]


def test_threads_encode_a_corpus_once(encoder: SentenceEncoder, encoded: list[str]) -> None:
    texts = ["hello", "you", "won", "lost", "i"]
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(encoder.encode_corpus, [texts] * 8))
    assert encoded == texts


def test_it_is_not_moved_to_another_device_while_it_encodes(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mover = Thread(target=encoder.to, args=(torch.device("meta"),))
    encode = encoder.model.encode
    waits = []

    def spy(texts: list[str], **settings: Any) -> Any:
        mover.start()
        mover.join(0.2)
        waits.append(mover.is_alive())
        return encode(texts, **settings)

    monkeypatch.setattr(encoder.model, "encode", spy)
    encoder.encode(["you won"])
    mover.join()
    assert waits == [True]
    assert encoder.model.device.type == "meta"


def test_the_file_of_a_corpus_saves_the_next_encoding(
    encoder: SentenceEncoder, encoded: list[str], fake_encoder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "vectors.safetensors"
    encoder.encode_corpus(["hello", "you"], path)
    assert b"hello" not in path.read_bytes()
    encoder.encode_corpus(["you", "lost"], path)
    assert encoded == ["hello", "you", "lost"]
    again = SentenceEncoder(str(fake_encoder))
    assert again.cache.load_pinned(path, again.fingerprint())
    np.testing.assert_array_equal(again.cache.get("lost"), encoder.encode(["lost"])[0])


def test_the_file_of_another_encoder_is_made_anew(encoder: SentenceEncoder, tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    encoder.encode_corpus(["hello"], path)
    other = SentenceEncoder(str(save_sentence_encoder(tmp_path / "other", seed=1)))
    assert other.fingerprint() != encoder.fingerprint()
    other.encode_corpus(["hello"], path)
    assert not encoder.cache.load_pinned(path, encoder.fingerprint())
    assert other.cache.load_pinned(path, other.fingerprint())


def test_vectors_of_another_precision_are_made_anew(
    fake_bert_encoder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "vectors.safetensors"
    exact = SentenceEncoder(str(fake_bert_encoder))
    exact.encode_corpus(["you won"], path)
    rounded = SentenceEncoder(str(fake_bert_encoder), precision="bf16")
    rounded.encode_corpus(["you won"], path)
    difference = np.abs(exact.encode(["you won"]) - rounded.encode(["you won"])).max()
    assert 0 < difference < 0.02
    assert exact.fingerprint() == rounded.fingerprint()  # stages may differ in precision


def test_a_changed_file_is_refused_and_one_without_a_sum_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    cache = VectorCache(1)
    cache.pin(["hello", "you"], np.eye(2, 3, dtype=np.float32))
    cache.save_pinned(path, "encoder")
    whole = path.read_bytes()
    assert VectorCache(1).load_pinned(path, "encoder")
    for place in (-1, whole.index(np.float32(1).tobytes()), whole.rindex(b"}") + 20):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"vectors\.safetensors' were changed .*: delete it"):
            VectorCache(1).load_pinned(path, "encoder")
    path.write_bytes(whole.replace(b"encoder", b"another").replace(b"another", b"encoder", 1))
    with pytest.raises(ValueError, match=r"vectors\.safetensors' were changed .*: delete it"):
        VectorCache(1).load_pinned(path, "another")
    save_file(load_file(path), path, metadata={"encoder": "encoder"})
    assert not VectorCache(1).load_pinned(path, "encoder")


def test_the_same_vectors_are_the_same_bytes(tmp_path: Path) -> None:
    cache = VectorCache(1)
    cache.pin(["Hi", "No"], np.eye(2, dtype=np.float32))
    path = tmp_path / "vectors.safetensors"
    found = set()
    for _ in range(20):
        cache.save_pinned(path, "encoder")
        found.add(path.read_bytes())
    assert len(found) == 1


@pytest.mark.parametrize("content", [b"no vectors", None])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vectors.safetensors"
    if content is None:
        save_file({"x": np.zeros(3, np.float32)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"vectors\.safetensors' holds no turn vectors"):
        VectorCache(1).load_pinned(path, "fingerprint")


def test_save_and_load_give_the_same_vectors(encoder: SentenceEncoder, tmp_path: Path) -> None:
    expected = encoder.encode(["you won"])
    encoder.save(tmp_path / "encoder")
    assert sorted(tmp_path.rglob("*.safetensors"))
    for other in (SentenceEncoder("unused"), SentenceEncoder("unused")):
        other.load(HeldFolder(tmp_path / "encoder"))
        np.testing.assert_array_equal(other.encode(["you won"]), expected)
        assert other.fingerprint() == encoder.fingerprint()
    from_files = SentenceEncoder("unused")
    from_files.from_files(encoder.to_files())
    np.testing.assert_array_equal(from_files.encode(["you won"]), expected)


def test_an_encoder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ValueError, match=r"'.*nowhere' can't be loaded .*: give a"):
        _ = SentenceEncoder(str(tmp_path / "nowhere")).model
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"'.*empty' can't be loaded .*: give a"):
        _ = SentenceEncoder(str(tmp_path / "empty")).model


def test_weights_of_a_package_are_verified(
    real_encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = find_encoder(real_encoder)
    assert find_encoder(f"sentence-transformers/{real_encoder}") == folder
    assert (folder / "model.safetensors").is_file()
    monkeypatch.setitem(encoder_source.PUBLISHED_WEIGHTS, real_encoder, "0" * 64)
    with pytest.raises(ValueError, match=r"sha256 sum 53aa.*have 0000.*reinstall"):
        find_encoder(real_encoder)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own account")
def test_the_vectors_of_a_file_are_mapped_and_not_copied(tmp_path: Path) -> None:
    def private_megabytes() -> float:
        (line,) = re.findall(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(line) / 1024

    vectors = np.ones((50, 1_000_000), np.float32)  # 200 MB
    cache = VectorCache(0)
    cache.pin(map(str, range(50)), vectors)
    cache.save_pinned(tmp_path / "vectors.safetensors", "encoder")
    mapped = VectorCache(0)
    before = private_megabytes()
    assert mapped.load_pinned(tmp_path / "vectors.safetensors", "encoder")
    np.testing.assert_array_equal(mapped.get("7"), vectors[7])
    assert private_megabytes() < before + 50


@pytest.mark.parametrize("native", [True, False])
def test_auto_says_once_that_it_computes_in_fp32(
    native: bool,
    fake_encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": native})
    encoder = SentenceEncoder(str(fake_encoder), precision="auto")
    encoder.encode(["You won!"])
    encoder.encode(["Really?"])
    told = [record.message for record in caplog.records if "computes in fp32" in record.message]
    assert len(told) == (0 if native else 1)


def test_what_is_saved_does_not_tell_what_was_encoded(fake_bert_encoder: Path) -> None:
    fresh, used = (SentenceEncoder(str(fake_bert_encoder)) for _ in range(2))
    used.model.encode(["Hello there.", "Hi."], show_progress_bar=False)
    assert used.to_files() == fresh.to_files()
