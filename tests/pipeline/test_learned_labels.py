"""Other labels, learned from a few examples."""

from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.training import Example
from torch.nn import functional as F

from spacy_casn import DialogueSession, make_dialogue
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.pipeline.learned_labels import TEMPERATURE, LearnedLabels

from ..conftest import examples_of

EXAMPLES = {
    "praise": ["You won!", "The cake is great."],
    "complaint": ["You lost.", "The cake is terrible!"],
}


@pytest.fixture
def pipe(trained: Language) -> CasnEmotion:
    return trained.get_pipe("casn_emotion")


def labels_of(nlp: Language, turns: list[str]) -> list[str]:
    doc = nlp(make_dialogue(nlp, turns))
    return [turn.label_ for turn in doc.spans["turns"]]


def test_label_is_that_of_the_nearest_mean(trained: Language, pipe: CasnEmotion) -> None:
    doc = make_dialogue(trained, ["Hello there.", "You won!", "Really?", "You lost."])
    turns = list(doc.spans["turns"])
    (vectors,) = pipe.turn_vectors([doc])
    pipe.learn_labels({"a": [turns[1], turns[2]], "b": [turns[3]]})
    units = F.normalize(torch.from_numpy(vectors), dim=1)
    means = torch.stack([(units[1] + units[2]) / 2, units[3]])
    cosines = units @ F.normalize(means, dim=1).T
    annotated = trained(doc.copy())
    predicted = annotated.spans["turns"]
    assert pipe.labels == ("a", "b")
    assert [turn.label_ for turn in predicted] == ["ab"[row.argmax()] for row in cosines]
    expected = torch.softmax(cosines / TEMPERATURE, dim=1)
    np.testing.assert_allclose(predicted.attrs["scores"], expected, atol=1e-5)
    assert predicted[0]._.emotion_scores.keys() == {"a", "b"}


def test_texts_count_as_dialogues_of_one_turn(trained: Language, pipe: CasnEmotion) -> None:
    pipe.learn_labels(EXAMPLES)
    from_texts = pipe.cfg["learned"]
    docs = {text: make_dialogue(trained, [text]) for texts in EXAMPLES.values() for text in texts}
    spans = {
        label: [docs[text].spans["turns"][0] for text in texts] for label, texts in EXAMPLES.items()
    }
    pipe.learn_labels(spans)
    np.testing.assert_allclose(
        from_texts["prototypes"], pipe.cfg["learned"]["prototypes"], atol=1e-6
    )


def test_one_example_a_label_is_enough(trained: Language, pipe: CasnEmotion) -> None:
    pipe.learn_labels({"praise": "You won!", "complaint": ["You lost."]})
    for text, label in (("You won!", "praise"), ("You lost.", "complaint")):
        assert labels_of(trained, [text]) == [label]


def test_temperature_is_fitted_without_the_example_itself() -> None:
    generator = np.random.default_rng(0)
    classes = [0, 1, 2] * 4
    vectors = (generator.normal(size=(12, 5)) + 2 * np.eye(3, 5)[classes]).astype(np.float32)
    learned = LearnedLabels.learn("abc", vectors, classes)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def loss(temperature: float) -> float:
        total = 0.0
        for row, gold in enumerate(classes):
            others = [
                units[[o for o in range(12) if o != row and classes[o] == label]].mean(axis=0)
                for label in range(3)
            ]
            cosines = np.array([unit @ units[row] / np.linalg.norm(unit) for unit in others])
            logits = cosines / temperature
            total -= logits[gold] - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
        return total

    assert (
        loss(learned.temperature) <= min(loss(learned.temperature * f) for f in (0.9, 1.1)) + 1e-6
    )


def test_switch_back_and_forth(trained: Language, pipe: CasnEmotion) -> None:
    before = labels_of(trained, ["Hello there.", "You won!"])
    trained_labels = pipe.labels
    with pytest.raises(ValueError, match="has learned no labels yet"):
        pipe.use_labels("learned")
    pipe.learn_labels(EXAMPLES)
    pipe.use_labels("trained")
    assert pipe.labels == trained_labels
    assert labels_of(trained, ["Hello there.", "You won!"]) == before
    pipe.use_labels("learned")
    assert pipe.labels == ("praise", "complaint")
    with pytest.raises(ValueError, match="'both'"):
        pipe.use_labels("both")  # type: ignore[arg-type]


@pytest.mark.parametrize("by_bytes", [True, False])
def test_saved_with_the_pipeline(
    trained: Language, pipe: CasnEmotion, tmp_path: Path, by_bytes: bool
) -> None:
    pipe.learn_labels(EXAMPLES)
    doc = make_dialogue(trained, ["Hello there.", "You won!", "Really?"])
    expected = trained(doc.copy()).spans["turns"].attrs["scores"]
    if by_bytes:
        loaded = spacy.blank("en")
        config = trained.get_pipe_config("casn_emotion")
        config.pop("factory", None)
        loaded.add_pipe("casn_emotion", config=config)
        loaded.from_bytes(trained.to_bytes())
    else:
        trained.to_disk(tmp_path)
        loaded = spacy.load(tmp_path)
    annotated = loaded(doc.copy())
    found = annotated.spans["turns"].attrs
    assert found["labels"] == ["praise", "complaint"]
    np.testing.assert_allclose(found["scores"], expected, atol=1e-6)
    loaded.get_pipe("casn_emotion").use_labels("trained")
    assert "happiness" in loaded.get_pipe("casn_emotion").labels


def test_abstains_and_scores(trained: Language, pipe: CasnEmotion) -> None:
    examples = {"praise": "You won!", "complaint": "You lost."}
    pipe.learn_labels(examples)
    gold = [make_dialogue(trained, [text], emotions=[label]) for label, text in examples.items()]
    score = trained.evaluate([Example(trained.make_doc(doc.text), doc) for doc in gold])
    assert score["emotion_acc"] == 1.0
    pipe.abstain_below = 1.0
    assert labels_of(trained, ["You won!", "You lost."]) == ["", ""]


def test_training_goes_on_with_the_trained_labels(trained: Language, pipe: CasnEmotion) -> None:
    pipe.learn_labels(EXAMPLES)
    losses = trained.update(examples_of(trained), sgd=trained.resume_training())
    assert losses["casn_emotion"] > 0
    assert pipe.label_data == ["anger", "happiness", "no emotion", "surprise"]


def test_live_session_uses_them(trained: Language, pipe: CasnEmotion) -> None:
    pipe.learn_labels(EXAMPLES)
    doc = trained(make_dialogue(trained, ["You won!"], speakers=["Ann"]))
    session = DialogueSession(trained)
    assert session.add("Ann", "You won!") == doc.spans["turns"][0].label_
    assert session.turns[0].scores.keys() == {"praise", "complaint"}


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ({}, "give examples of two"),
        ({"a": ["You won!"]}, "give examples of two"),
        ({"a": ["You won!"], "b": []}, "'b' has 0 examples"),
        ({"a": ["You won!"], "": ["You lost."]}, "give each label a name"),
        ({"a": ["You won!"], "b\ud83d": ["No"]}, "'b.ud83d' to be learned holds half a char"),
    ],
)
def test_bad_examples(pipe: CasnEmotion, examples: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pipe.learn_labels(examples)
    assert "happiness" in pipe.labels


def test_halves_of_characters_in_examples_are_replaced(
    trained: Language, pipe: CasnEmotion
) -> None:
    pipe.learn_labels({"a": ["You won\ud83d!", "\x00"], "\x00": ["\udc00", ""]})
    heard, unreadable = labels_of(trained, ["You won\ud83d!", "\udc00"])
    assert heard in ("a", "\x00")
    assert unreadable == ""


def test_a_span_that_is_no_turn(trained: Language, pipe: CasnEmotion) -> None:
    doc = make_dialogue(trained, ["Hello there.", "You won!"])
    with pytest.raises(ValueError, match="'Hello' is no turn"):
        pipe.learn_labels({"a": [doc[0:1]], "b": ["You lost."]})
