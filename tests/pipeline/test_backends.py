"""`casn_emotion` with an encoder that ONNX Runtime runs."""

import gc
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from numpy.typing import NDArray
from spacy.language import Language

from spacy_casn.encoders.sentence_transformer import SentenceEncoder

from ..conftest import SMALL_CONTEXT, MakeNlp, examples_of

TEXT = "You won!\nThe cake is terrible.\nNo!"
BACKEND = "components.casn_emotion.model.encoder.backend"


@pytest.fixture
def make(make_nlp: MakeNlp, fake_bert_encoder: Path) -> MakeNlp:
    """Makes a pipeline with a small BERT; settings are its encoder's."""

    def make(**settings: Any) -> Language:
        encoder = {
            "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
            "name": str(fake_bert_encoder),
            **settings,
        }
        return make_nlp(
            model={
                "@architectures": "spacy_casn.CasnModel.v1",
                "dropout": 0.0,
                "encoder": encoder,
                "context": SMALL_CONTEXT,
            }
        )

    return make


def encoder_of(nlp: Language) -> SentenceEncoder:
    return nlp.get_pipe("casn_emotion").model.get_ref("encoder").attrs["utterance_encoder"]


def scores_of(nlp: Language) -> NDArray:
    return nlp(TEXT).spans["turns"].attrs["scores"]


def train(nlp: Language, *, steps: int = 3) -> Language:
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    return nlp


@pytest.mark.parametrize(
    ("backend", "tolerance"),
    [("onnx", 1e-6), ("onnx-int8", 1e-3)],  # int8 rounds by all turns of a batch
)
def test_a_saved_pipeline_brings_its_export(
    make: MakeNlp,
    tmp_path: Path,
    exports: list[Path],
    offline: Callable[[], None],
    backend: str,
    tolerance: float,
) -> None:
    nlp = train(make(backend=backend))
    expected = scores_of(nlp)
    nlp.to_disk(tmp_path / "pipeline")
    data = nlp.to_bytes()
    assert len(exports) == 1
    offline()
    from_bytes = make(backend=backend).from_bytes(data)
    for loaded in (spacy.load(tmp_path / "pipeline"), from_bytes):
        np.testing.assert_allclose(scores_of(loaded), expected, atol=tolerance)
        assert encoder_of(loaded).to_files() == encoder_of(nlp).to_files()
    assert len(exports) == 1


def test_the_backend_can_be_chosen_when_loading(
    make: MakeNlp, tmp_path: Path, exports: list[Path]
) -> None:
    nlp = train(make())
    expected = scores_of(nlp)
    nlp.to_disk(tmp_path / "torch")
    assert exports == []
    onnx = spacy.load(tmp_path / "torch", config={BACKEND: "onnx"})
    np.testing.assert_allclose(scores_of(onnx), expected, atol=1e-5)
    assert len(exports) == 1
    onnx.to_disk(tmp_path / "onnx")
    back = spacy.load(tmp_path / "onnx", config={BACKEND: "torch"})
    np.testing.assert_allclose(scores_of(back), expected, atol=1e-6)
    assert len(exports) == 1
    back.to_disk(tmp_path / "back")
    assert not list((tmp_path / "back").rglob("*.onnx"))


def test_a_pipeline_can_be_saved_over_the_one_it_came_from(make: MakeNlp, tmp_path: Path) -> None:
    train(make(backend="onnx")).to_disk(tmp_path / "pipeline")
    nlp = spacy.load(tmp_path / "pipeline")
    expected = scores_of(nlp)
    nlp.to_disk(tmp_path / "pipeline")
    np.testing.assert_array_equal(scores_of(spacy.load(tmp_path / "pipeline")), expected)


def test_it_learns_in_torch_and_annotates_with_a_new_export(
    make: MakeNlp, tmp_path: Path, exports: list[Path]
) -> None:
    nlp = train(make(backend="onnx", trainable=True))
    assert exports == []  # nothing was annotated yet
    first = encoder_of(nlp).encode(["You won!"])
    examples = examples_of(nlp)
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    nlp.update(examples, sgd=optimizer)
    second = encoder_of(nlp).encode(["You won!"])
    assert len(exports) == 2
    assert np.abs(second - first).max() > 1e-4
    expected = scores_of(nlp)
    nlp.to_disk(tmp_path / "tuned")
    assert len(exports) == 2
    for backend in ("onnx", "torch"):
        loaded = spacy.load(tmp_path / "tuned", config={BACKEND: backend})
        np.testing.assert_allclose(scores_of(loaded), expected, atol=1e-5)
    assert len(exports) == 2


def test_averaged_weights_are_exported_once(
    make: MakeNlp, tmp_path: Path, exports: list[Path]
) -> None:
    nlp = make(backend="onnx", trainable=True)
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.averages = {}
    for _ in range(10):
        nlp.update(examples, sgd=optimizer)
    with nlp.use_params(optimizer.averages):
        averaged = encoder_of(nlp).encode(["You won!"])
    with nlp.use_params(optimizer.averages):
        nlp.to_disk(tmp_path / "averaged")
    assert len(exports) == 1
    latest = encoder_of(nlp).encode(["You won!"])
    assert np.abs(averaged - latest).max() > 1e-5
    loaded = encoder_of(spacy.load(tmp_path / "averaged"))
    np.testing.assert_allclose(loaded.encode(["You won!"]), averaged, atol=1e-6)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_later_stage_takes_up_the_tuned_encoder(
    make: MakeNlp, tmp_path: Path, backend: str
) -> None:
    tuned = train(make(backend=backend, trainable=True))
    expected = scores_of(tuned)
    tuned.to_disk(tmp_path / "tuned")
    nlp = make(backend="onnx")
    nlp.config["initialize"]["components"]["casn_emotion"] = {"warm_start": str(tmp_path / "tuned")}
    nlp.initialize(lambda: examples_of(nlp))
    np.testing.assert_allclose(scores_of(nlp), expected, atol=1e-5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_forks_of_many_threads_do_not_hang(make: MakeNlp) -> None:
    nlp = train(make(backend="onnx"))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        expected = scores_of(nlp)
        encoder_of(nlp).cache.clear()
        for doc in nlp.pipe([TEXT] * 4, n_process=2, batch_size=1):
            np.testing.assert_allclose(doc.spans["turns"].attrs["scores"], expected, atol=1e-5)
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_does_not_wait_for_the_threads_of_its_parent(make: MakeNlp) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        encoder = encoder_of(train(make(backend="onnx")))
        encoder.encode(["hello"])
        context = multiprocessing.get_context("fork")
        process = context.Process(target=_encode_and_collect, args=(encoder,))
        process.start()
        process.join(30)
        waits = process.is_alive()
        process.kill()
        process.join()
        assert not waits
        assert process.exitcode == 0
    finally:
        torch.set_num_threads(before)


def _encode_and_collect(encoder: SentenceEncoder) -> None:
    encoder.encode(["never seen"])
    gc.collect()


def test_a_bag_of_words_is_refused(make: MakeNlp, fake_encoder: Path) -> None:
    nlp = make(backend="onnx", name=str(fake_encoder))
    with pytest.raises(ValueError, match=r"backend = 'onnx' needs .*tiny-encoder.*torch"):
        nlp.initialize(lambda: examples_of(nlp))
