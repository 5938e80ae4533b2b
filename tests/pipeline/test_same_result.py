"""The same weights from the same seed, and the same predictions by whatever way.

Elsewhere: saving and loading (test_casn_emotion.py), live dialogues (test_session.py), threads
(test_threads.py), engines and processes of `annotate` (test_run.py, test_ray_engine.py).
"""

import multiprocessing
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from numpy.typing import NDArray
from spacy.language import Language

import spacy_casn
from spacy_casn import DialogueSession, make_dialogue
from spacy_casn.pipeline.pretrained import LAYERS

from ..conftest import ROOT, SMALL_CONTEXT, MakeNlp, examples_of, train_small
from ..fakes import WORDS

Annotated = tuple[NDArray, list[str]]
"""The scores and labels of some turns."""


@pytest.fixture
def padded(make_nlp: MakeNlp, fake_bert_encoder: Path) -> Language:
    """A trained pipeline whose encoder pads the turns of a batch."""
    nlp = make_nlp(
        model={
            "@architectures": "spacy_casn.CasnModel.v1",
            "encoder": {
                "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
                "name": str(fake_bert_encoder),
                "cache_size": 0,  # so that each way encodes by itself
            },
            "context": SMALL_CONTEXT,
        }
    )
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    nlp.get_pipe("casn_emotion").utterance_encoder.cache.clear()  # of what training pinned
    for _ in range(3):
        nlp.update(examples, sgd=optimizer)
    return nlp


def make_texts() -> list[str]:
    """Dialogues of none to eight turns, of one to twelve words each."""
    rng = random.Random(0)
    return [
        "\n".join(" ".join(rng.choices(WORDS, k=rng.randint(1, 12))) for _ in range(turns))
        for turns in (*range(9), 1, 3)
    ]


def scores_of(nlp: Language, texts: list[str], **settings: Any) -> dict[str, NDArray]:
    return {doc.text: doc.spans["turns"].attrs["scores"] for doc in nlp.pipe(texts, **settings)}


def check_equal(found: dict[str, NDArray], expected: dict[str, NDArray]) -> None:
    assert found.keys() == expected.keys()
    for text, scores in expected.items():
        np.testing.assert_allclose(found[text], scores, atol=1e-5, rtol=0)


@pytest.mark.parametrize("batch_size", [1, 3, 128])
@pytest.mark.parametrize("n_process", [1, 2])
def test_neither_batch_nor_order_nor_process_counts(
    padded: Language, batch_size: int, n_process: int
) -> None:
    if n_process > 1 and multiprocessing.get_start_method() != "fork":
        pytest.skip("what a test makes is only there in forks")
    texts = make_texts()
    expected = {text: padded(text).spans["turns"].attrs["scores"] for text in texts}
    shuffled = random.Random(1).sample(texts, len(texts))
    for order in (texts, texts[::-1], shuffled):
        found = scores_of(padded, order, batch_size=batch_size, n_process=n_process)
        check_equal(found, expected)


def weights(saved: Path) -> dict[str, bytes]:
    pipe = spacy.load(saved).get_pipe("casn_emotion")
    modules = {layer: pipe.model.get_ref(layer).shims[0]._model for layer in LAYERS}
    modules["encoder"] = pipe.utterance_encoder.model
    return {
        f"{layer}.{name}": weight.numpy().tobytes()
        for layer, module in modules.items()
        for name, weight in module.state_dict().items()
    }


@pytest.mark.parametrize("config_name", ["ce", "triplet", "finetune"])
def test_one_seed_gives_the_same_weights_twice(
    small_corpus: Path, fake_bert_encoder: Path, config_name: str
) -> None:
    first, again, other = (
        weights(train_small(config_name, small_corpus, fake_bert_encoder, seed=seed))
        for seed in (3, 3, 4)
    )
    assert first == again
    moved = {name.split(".")[0] for name in first if first[name] != other[name]}
    assert {"context", "classifier"} <= moved
    assert ("encoder" in moved) == (config_name == "finetune")


@pytest.fixture(scope="module")
def pretrained(real_encoder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrained") / "pipeline"
    spacy_casn.load().to_disk(folder)
    return folder


def annotate_sample(nlp: Language, *, batch_size: int = 128) -> Annotated:
    """The turns of the sample corpus; each call encodes them anew."""
    nlp.get_pipe("casn_emotion").utterance_encoder.cache.clear()
    docs = []
    for dialogue in srsly.read_jsonl(ROOT / "corpus" / "sample" / "test.jsonl"):
        turns = dialogue["turns"]
        speakers = [turn["speaker"] for turn in turns]
        docs.append(make_dialogue(nlp, [turn["text"] for turn in turns], speakers=speakers))
    groups = [doc.spans["turns"] for doc in nlp.pipe(docs, batch_size=batch_size)]
    scores = np.concatenate([group.attrs["scores"] for group in groups])
    return scores, [turn.label_ for group in groups for turn in group]


@pytest.fixture(scope="module")
def exact(pretrained: Path) -> Annotated:
    return annotate_sample(spacy.load(pretrained))


@pytest.mark.slow
def test_the_real_encoder_gives_the_same_in_any_batch_and_live(
    pretrained: Path, exact: Annotated
) -> None:
    nlp = spacy.load(pretrained)
    expected, labels = exact
    for batch_size in (1, 3):
        scores, same_labels = annotate_sample(nlp, batch_size=batch_size)
        np.testing.assert_allclose(scores, expected, atol=1e-5, rtol=0)
        assert same_labels == labels
    first = next(iter(srsly.read_jsonl(ROOT / "corpus" / "sample" / "test.jsonl")))
    session = DialogueSession(nlp)
    for turn in first["turns"]:
        session.add(turn["speaker"], turn["text"])
    live = [list(turn.scores.values()) for turn in session.turns]
    np.testing.assert_allclose(live, expected[: len(live)], atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "largest", "mean", "same_labels"),
    [
        (("precision", "bf16"), 0.03, 0.003, 0.99),
        (("backend", "onnx"), 1e-5, 1e-6, 1.0),
        (("backend", "onnx-int8"), 0.5, 0.05, 0.95),
    ],
    ids=["bf16", "onnx", "onnx-int8"],
)
def test_precisions_agree_within_their_tolerance(
    pretrained: Path,
    exact: Annotated,
    setting: tuple[str, str],
    largest: float,
    mean: float,
    same_labels: float,
) -> None:
    """Tolerances: a turn's largest difference in a probability, at most and on average."""
    name, value = setting
    config = {f"components.casn_emotion.model.encoder.{name}": value}
    scores, labels = annotate_sample(spacy.load(pretrained, config=config))
    differences = np.abs(scores - exact[0]).max(axis=1)
    assert 0 < differences.max() <= largest
    assert differences.mean() <= mean
    pairs = zip(labels, exact[1], strict=True)
    assert np.mean([one == other for one, other in pairs]) >= same_labels
