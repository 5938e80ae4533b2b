"""Eight threads on one pipeline get what one thread gets."""

import random
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from spacy.language import Language

from spacy_casn import DialogueSession, make_dialogue

from ..conftest import SMALL_CONTEXT, MakeNlp, examples_of
from ..fakes import WORDS

THREADS = 8
Annotate = Callable[[Language, list[str]], NDArray]


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(params=["torch", "onnx", "word pieces", "word vectors"])
def saved(
    request: pytest.FixtureRequest,
    make_nlp: MakeNlp,
    fake_encoder: Path,
    fake_bert_encoder: Path,
    tmp_path: Path,
) -> Path:
    """A pipeline that drops much in training, with each kind of encoder."""
    encoder: dict[str, Any] = {
        "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
        "name": str(fake_bert_encoder),
        "cache_size": 5,
        "backend": request.param,
    }
    if request.param == "word pieces":
        pytest.importorskip("spacy_transformers")
        name = str(request.getfixturevalue("fake_bert"))
        encoder = {"@architectures": "spacy_casn.TransformerTurnEncoder.v1", "name": name}
    if request.param == "word vectors":
        encoder = {"@architectures": "spacy_casn.WordVectorEncoder.v1", "name": str(fake_encoder)}
    nlp = make_nlp(
        model={
            "@architectures": "spacy_casn.CasnModel.v1",
            "dropout": 0.5,
            "encoder": encoder,
            "context": {**SMALL_CONTEXT, "dropout": 0.5},
        }
    )
    nlp.initialize(lambda: examples_of(nlp))
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def make_turns(seed: int) -> list[str]:
    """Some turns of six words each, of which a third are new to the vocabulary."""
    rng = random.Random(seed)
    known = rng.choices(WORDS, k=6 * rng.randint(1, 9))
    words = [
        word if rng.random() < 2 / 3 else "".join(rng.choices("abcdefghij", k=8)) for word in known
    ]
    return [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]


def call(nlp: Language, turns: list[str]) -> NDArray:
    return nlp(make_dialogue(nlp, turns)).spans["turns"].attrs["scores"]


def pipe(nlp: Language, turns: list[str]) -> NDArray:
    (doc,) = nlp.pipe(["\n".join(turns)])
    return doc.spans["turns"].attrs["scores"]


def chat(nlp: Language, turns: list[str]) -> NDArray:
    session = DialogueSession(nlp)
    for turn in turns:
        session.add(None, turn)
    return np.array([list(turn.scores.values()) for turn in session.turns])


WAYS: tuple[Annotate, ...] = (call, pipe, chat)


def test_threads_get_what_one_gets(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialogues = [make_turns(seed) for seed in range(6 * THREADS)]
    alone = spacy.load(saved)
    expected = [call(alone, turns) for turns in dialogues]
    loaded: list[object] = []
    load = SentenceTransformer.__init__

    def spy(*args: Any, **settings: Any) -> None:
        loaded.append(args)
        load(*args, **settings)

    monkeypatch.setattr(SentenceTransformer, "__init__", spy)
    shared = spacy.load(saved)
    at_once = threading.Barrier(THREADS)

    def work(thread: int) -> dict[int, NDArray]:
        at_once.wait()
        return {
            number: WAYS[number % len(WAYS)](shared, dialogues[number])
            for number in range(thread, len(dialogues), THREADS)
        }

    with ThreadPoolExecutor(THREADS) as executor:
        for found in executor.map(work, range(THREADS)):
            for number, scores in found.items():
                np.testing.assert_allclose(scores, expected[number], atol=1e-5, rtol=0)
    assert len(loaded) <= 1


def test_zones_one_at_a_time_keep_the_vocabulary_small(trained: Language) -> None:
    lock = threading.Lock()
    words = len(trained.vocab.strings)

    def work(thread: int) -> None:
        for seed in range(thread, 5 * THREADS, THREADS):
            turns = make_turns(seed)
            with lock, trained.memory_zone():
                doc = trained(make_dialogue(trained, turns))
                assert [turn.text for turn in doc.spans["turns"]] == turns

    with ThreadPoolExecutor(THREADS) as executor:
        list(executor.map(work, range(THREADS)))
    assert len(trained.vocab.strings) == words
