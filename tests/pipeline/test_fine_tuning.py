"""`casn_emotion` with an encoder that learns."""

import multiprocessing
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from spacy.cli.train import train as spacy_train
from spacy.language import Language
from spacy.tokens import DocBin
from thinc.api import Config

from spacy_casn.encoders.sentence_transformer import SentenceEncoder

from ..conftest import ROOT, SMALL_CONTEXT, MakeNlp, examples_of


@pytest.fixture
def make_tuned(make_nlp: MakeNlp, fake_bert_encoder: Path):
    """Makes a pipeline whose encoder is to learn."""

    def make(**settings: Any) -> Language:
        encoder = {
            "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
            "name": str(fake_bert_encoder),
            "trainable": True,
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


def weights_of(nlp: Language) -> dict[str, torch.Tensor]:
    return {name: w.detach().clone() for name, w in encoder_of(nlp).model.named_parameters()}


def train(nlp: Language, *, steps: int = 1, learn_rate: float = 0.01) -> list[float]:
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = learn_rate
    return [nlp.update(examples, sgd=optimizer)["casn_emotion"] for _ in range(steps)]


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> dict[str, float]:
    return {name: float((after[name] - before[name]).abs().max()) for name in before}


def of_weight(changes: dict[str, float], name: str) -> float:
    """The change of one weight, whatever sentence-transformers calls the Transformer."""
    (change,) = (changes[full] for full in changes if full.endswith(name))
    return change


def test_the_whole_encoder_learns(make_tuned) -> None:
    nlp = make_tuned()
    nlp.initialize(lambda: examples_of(nlp))
    before = weights_of(nlp)
    losses = train(nlp, steps=30)
    assert losses[-1] < 0.2 * losses[0]
    changes = moved(before, weights_of(nlp))
    assert of_weight(changes, "embeddings.word_embeddings.weight") > 0
    assert of_weight(changes, "encoder.layer.1.output.dense.weight") > 0


def test_only_the_last_layer_learns(make_tuned) -> None:
    nlp = make_tuned(trainable_layers=1)
    nlp.initialize(lambda: examples_of(nlp))
    before = weights_of(nlp)
    train(nlp, steps=3)
    for name, change in moved(before, weights_of(nlp)).items():
        assert (change > 0) == ("layer.1." in name), name


def test_the_encoder_has_its_own_learning_rate(make_tuned) -> None:
    changes = []
    for factor in (1.0, 0.1):
        nlp = make_tuned(learn_rate_factor=factor)
        nlp.initialize(lambda nlp=nlp: examples_of(nlp))
        before = weights_of(nlp)
        torch.manual_seed(0)
        train(nlp)
        after = weights_of(nlp)
        name = "encoder.layer.1.output.dense.weight"
        changes.append(of_weight(moved(before, after), name))
    # Adam's first step is the learning rate itself, whatever the gradient.
    assert changes == [pytest.approx(0.01, rel=0.05), pytest.approx(0.001, rel=0.05)]


def test_predictions_follow_the_weights_and_are_saved_with_them(make_tuned, tmp_path: Path) -> None:
    nlp = make_tuned()
    text = "You won!\nThe cake is terrible."
    nlp.initialize(lambda: examples_of(nlp))
    untrained = encoder_of(nlp).encode(["You won!"])
    train(nlp, steps=20)
    assert np.abs(encoder_of(nlp).encode(["You won!"]) - untrained).max() > 1e-3
    expected = nlp(text).spans["turns"].attrs["scores"]
    nlp.to_disk(tmp_path / "tuned")
    from_bytes = make_tuned().from_bytes(nlp.to_bytes())
    for loaded in (spacy.load(tmp_path / "tuned"), from_bytes):
        found = loaded(text).spans["turns"].attrs["scores"]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_averaged_weights_are_those_that_predict_and_are_saved(make_tuned, tmp_path: Path) -> None:
    nlp = make_tuned()
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.averages = {}
    for _ in range(10):
        nlp.update(examples, sgd=optimizer)
    latest = encoder_of(nlp).encode(["You won!"])
    with nlp.use_params(optimizer.averages):
        averaged = encoder_of(nlp).encode(["You won!"])
        nlp.to_disk(tmp_path / "averaged")
    assert np.abs(averaged - latest).max() > 1e-5
    np.testing.assert_array_equal(encoder_of(nlp).encode(["You won!"]), latest)
    loaded = encoder_of(spacy.load(tmp_path / "averaged"))
    np.testing.assert_allclose(loaded.encode(["You won!"]), averaged, atol=1e-6)


def test_training_goes_on_from_a_saved_pipeline(make_tuned, tmp_path: Path) -> None:
    nlp = make_tuned()
    train(nlp, steps=5)
    nlp.to_disk(tmp_path / "tuned")
    loaded = spacy.load(tmp_path / "tuned")
    before = weights_of(loaded)
    loaded.update(examples_of(loaded), sgd=loaded.resume_training())
    assert max(moved(before, weights_of(loaded)).values()) > 0


def test_gradient_accumulation_adds_up(make_tuned) -> None:
    nlp = make_tuned(learn_rate_factor=1.0)
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("casn_emotion")

    def gradients() -> list[torch.Tensor]:
        found = [w.grad.clone() for w in encoder_of(nlp).model.parameters() if w.grad is not None]
        encoder_of(nlp).model.zero_grad(set_to_none=True)
        return found

    parts = []
    torch.manual_seed(0)  # the same activations are dropped both times
    for example in examples:
        pipe.update([example])
        parts.append(gradients())
    torch.manual_seed(0)
    for example in examples:
        pipe.update([example])
    for total, *summands in zip(gradients(), *parts, strict=True):
        torch.testing.assert_close(total, sum(summands), atol=1e-6, rtol=1e-4)


def test_a_later_stage_takes_up_the_tuned_encoder(
    make_tuned, make_nlp: MakeNlp, fake_bert_encoder: Path, tmp_path: Path
) -> None:
    tuned = make_tuned()
    train(tuned, steps=20)
    tuned.to_disk(tmp_path / "tuned")
    expected = tuned("You won!\nNo!").spans["turns"].attrs["scores"]
    for trainable in (False, True):
        nlp = make_tuned(trainable=trainable)
        nlp.config["initialize"]["components"]["casn_emotion"] = {
            "warm_start": str(tmp_path / "tuned")
        }
        nlp.initialize(lambda nlp=nlp: examples_of(nlp))
        found = nlp("You won!\nNo!").spans["turns"].attrs["scores"]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_later_stage_with_another_encoder_is_refused(
    make_tuned, make_nlp: MakeNlp, tmp_path: Path
) -> None:
    tuned = make_tuned()
    train(tuned)
    tuned.to_disk(tmp_path / "tuned")
    nlp = make_nlp()
    nlp.config["initialize"]["components"]["casn_emotion"] = {"warm_start": str(tmp_path / "tuned")}
    with pytest.raises(ValueError, match="of another sentence encoder"):
        nlp.initialize(lambda: examples_of(nlp))


def test_a_loss_that_is_no_number_stops_the_training(make_tuned) -> None:
    nlp = make_tuned()
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    with torch.no_grad():
        next(encoder_of(nlp).model.parameters()).fill_(float("nan"))
    with pytest.raises(ValueError, match=r"10 turns is nan.*learn_rate_factor.*model-best"):
        nlp.update(examples, sgd=optimizer)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_a_batch_that_is_too_large_is_explained(
    make_tuned, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    nlp = make_tuned()
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)

    def fail(*args: object, **settings: object) -> None:
        raise error

    monkeypatch.setattr(encoder_of(nlp).model, "forward", fail)
    with pytest.raises(MemoryError, match=r"10 turns doesn't fit.*accumulate_gradient"):
        nlp.update(examples, sgd=optimizer)
    monkeypatch.undo()
    monkeypatch.setattr(encoder_of(nlp).model, "forward", _break)
    with pytest.raises(RuntimeError, match="a shape"):
        nlp.update(examples, sgd=optimizer)


def _break(*args: object, **settings: object) -> None:
    raise RuntimeError("a shape is wrong")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("learn_rate_factor", 0.0),
        ("batch_tokens", 0),
        ("graph_tokens", -1),
    ],
)
def test_settings_out_of_range_are_named(make_tuned, setting: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{setting} = {value}"):
        make_tuned(**{setting: value})


@pytest.mark.slow
def test_after_a_kill_a_whole_checkpoint_is_there(fake_bert_encoder: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    docs = [example.reference for example in examples_of(nlp)]
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    config = Config().from_disk(ROOT / "configs" / "finetune.cfg", interpolate=False)
    config["paths"]["train"] = config["paths"]["dev"] = str(tmp_path / "train.spacy")
    config["components"]["casn_emotion"]["model"]["encoder"]["name"] = str(fake_bert_encoder)
    config["training"].update(max_steps=0, eval_frequency=1)  # until it is killed
    config.to_disk(tmp_path / "config.cfg")
    fork = multiprocessing.get_context("fork")  # has imported all that a training needs
    rng = random.Random(0)
    for _ in range(3):
        output = tmp_path / "output"
        shutil.rmtree(output, ignore_errors=True)
        process = fork.Process(target=spacy_train, args=(tmp_path / "config.cfg", output))
        process.start()
        while not (output / "model-best" / "meta.json").exists():
            assert process.is_alive()
            time.sleep(0.02)
        time.sleep(rng.random())
        process.kill()
        process.join()
        process.close()
        loaded = []
        for name in ("model-best", "model-last"):
            try:
                doc = spacy.load(output / name)("You won!\nNo!")
            except (OSError, ValueError):
                continue  # caught in the middle of being written
            loaded.append(doc.spans["turns"].attrs["scores"])
        assert loaded
        assert all(np.isfinite(scores).all() for scores in loaded)
