"""Which labels are expected before a turn is read."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config

from spacy_casn.data.types import CORPUS_ATTR
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.training.joint import label_shares

from ..conftest import MakeNlp, examples_of


@pytest.fixture
def pipe(trained: Language) -> CasnEmotion:
    found = trained.get_pipe("casn_emotion")
    assert isinstance(found, CasnEmotion)
    return found


def scores(nlp: Language, doc: Doc) -> np.ndarray:
    return nlp(doc.copy()).spans["turns"].attrs["scores"]


def test_another_prior_is_bayes_rule(trained: Language, pipe: CasnEmotion) -> None:
    doc = examples_of(trained)[0].predicted
    before = scores(trained, doc)
    was = pipe._prior.shares("trained")
    wanted = np.linspace(1, 2, len(was))
    wanted /= wanted.sum()
    pipe.label_prior = dict(zip(pipe.labels, wanted.tolist(), strict=True))
    expected = before * wanted / was
    np.testing.assert_allclose(
        scores(trained, doc), expected / expected.sum(axis=1, keepdims=True), atol=1e-5
    )
    pipe.label_prior = "trained"
    np.testing.assert_array_equal(scores(trained, doc), before)


def test_the_prior_is_that_of_the_training_examples(trained: Language, pipe: CasnEmotion) -> None:
    shares, _ = label_shares(examples_of(trained), pipe.labels, "turns")
    np.testing.assert_allclose(pipe._prior.shares("trained"), shares[""])


def test_a_lower_neutral_share_finds_more_emotions(trained: Language, pipe: CasnEmotion) -> None:
    doc = examples_of(trained)[0].predicted
    neutral = pipe.labels.index(pipe.neutral_label)
    found = []
    for share in (0.9, 0.5, 0.1):
        pipe.set_neutral_share(share)
        found.append(scores(trained, doc)[:, neutral].mean())
        assert isinstance(pipe.label_prior, dict)
        assert pipe.label_prior[pipe.neutral_label] == pytest.approx(share)
        assert sum(pipe.label_prior.values()) == pytest.approx(1)
    assert found[0] > found[1] > found[2]


def test_what_is_set_is_saved_and_the_config_wins(
    trained: Language, pipe: CasnEmotion, tmp_path: Path
) -> None:
    pipe.set_neutral_share(0.2)
    trained.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline").get_pipe("casn_emotion")
    assert isinstance(again, CasnEmotion)
    assert again.label_prior == pytest.approx(pipe.label_prior, rel=1e-6)
    override = {"components": {"casn_emotion": {"label_prior": "trained"}}}
    other = spacy.load(tmp_path / "pipeline", config=override).get_pipe("casn_emotion")
    assert isinstance(other, CasnEmotion)
    assert other.label_prior == "trained"


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("chats", "'chats' .* is no corpus that it was trained on: give trained"),
        ({"anger": 0.5, "joy": 0.2}, r"add up to 0\.7, not to 1"),
        ({"anger": 1.5, "joy": -0.5}, r"the share of 'anger' is 1\.5"),
        ({"rage": 1.0}, "is missing|'rage' is no label of it"),
    ],
)
def test_what_is_no_prior_is_one_sentence(
    pipe: CasnEmotion, prior: str | dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        pipe.label_prior = prior


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_neutral_share_is_a_share(pipe: CasnEmotion, share: float) -> None:
    with pytest.raises(ValueError, match="must lie above 0 and below 1"):
        pipe.set_neutral_share(share)


def test_a_pipeline_of_before_says_what_it_lacks(pipe: CasnEmotion) -> None:
    del pipe.cfg["priors"]
    assert pipe.label_prior == "trained"
    with pytest.raises(ValueError, match="since it was saved before priors were kept"):
        pipe.set_neutral_share(0.5)


def test_adapting_to_few_turns_is_refused(trained: Language, pipe: CasnEmotion) -> None:
    docs = [example.predicted for example in examples_of(trained)[:2]]
    with pytest.raises(ValueError, match="can't be estimated from"):
        pipe.adapt_prior(docs)
    assert pipe.label_prior == "trained"


def test_adapting_decides_by_the_estimate(trained: Language, pipe: CasnEmotion) -> None:
    docs = [example.predicted for example in examples_of(trained)] * 20
    estimate = pipe.adapt_prior(docs)
    assert pipe.label_prior == estimate.shares
    assert set(estimate.shares) == set(pipe.labels)


def joint(make_nlp: MakeNlp) -> tuple[Language, list[Example]]:
    nlp = make_nlp()
    examples = examples_of(nlp)
    for number, example in enumerate(examples):
        example.reference.spans["turns"].attrs[CORPUS_ATTR] = "ab"[number % 2]
    pipe = nlp.get_pipe("casn_emotion")
    nlp.config["initialize"]["components"]["casn_emotion"] = {"priors_apart": True}
    assert isinstance(pipe, CasnEmotion)
    nlp.initialize(lambda: examples)
    return nlp, examples


def test_joint_training_adds_each_corpus_prior(make_nlp: MakeNlp) -> None:
    nlp, examples = joint(make_nlp)
    pipe = nlp.get_pipe("casn_emotion")
    assert isinstance(pipe, CasnEmotion)
    assert pipe.known_priors == ["trained", "a", "b"]
    shares, turns = label_shares(examples, pipe.labels, "turns")
    weights = np.array([turns["a"], turns["b"]]) / sum(turns.values())
    mean = weights @ np.stack([shares["a"], shares["b"]])
    np.testing.assert_allclose(pipe._prior.shares("trained"), mean)
    output = pipe.model.predict(pipe._read(example.predicted for example in examples))
    loss, gradient = pipe.get_loss(examples, output)
    # The same by hand: cross-entropy of the logits with the log of the corpus' shares added.
    rows, gold = [], []
    for number, example in enumerate(examples):
        for turn in example.reference.spans["turns"]:
            rows.append(np.log(shares["ab"[number % 2]]))
            gold.append(pipe.labels.index(turn.label_) if turn.label_ else -1)
    logits = output.logits + np.stack(rows)
    keep = np.array(gold) >= 0
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    by_hand = np.exp(log_p)
    by_hand[np.arange(len(gold)), gold] -= 1
    by_hand[~keep] = 0
    moved = gradient.logits
    np.testing.assert_array_equal(np.sign(moved[keep]), np.sign(by_hand[keep]))
    assert loss > 0


def test_joint_pipelines_decide_by_any_prior(make_nlp: MakeNlp) -> None:
    nlp, examples = joint(make_nlp)
    pipe = nlp.get_pipe("casn_emotion")
    assert isinstance(pipe, CasnEmotion)
    doc = examples[0].predicted
    found = {}
    for prior in ("trained", "a", "b"):
        pipe.label_prior = prior
        found[prior] = np.log(scores(nlp, doc))
    ratio = found["a"] - found["b"]
    expected = np.log(pipe._prior.shares("a")) - np.log(pipe._prior.shares("b"))
    np.testing.assert_allclose(
        ratio - ratio[:, :1], (expected - expected[0])[None] + 0 * ratio, atol=1e-4
    )


def test_the_config_takes_shares(make_nlp: MakeNlp) -> None:
    config = Config().from_str("[label_prior]\nanger = 0.25\nno emotion = 0.75\n")
    assert config["label_prior"] == {"anger": 0.25, "no emotion": 0.75}
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        make_nlp(label_prior={"anger": 0.25, "no emotion": 0.65})
