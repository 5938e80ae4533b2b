"""What spaCy's own tests ask of its pipes: saving, labels, copies, names, other components."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import spacy
from pytorch_metric_learning.losses import ArcFaceLoss
from spacy.displacy.render import SpanRenderer
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.util import load_model_from_config
from spacy.vocab import Vocab
from torch import Tensor

from spacy_casn import make_dialogue
from spacy_casn.data.borders import part_words
from spacy_casn.data.extensions import emotion_scores, register_extensions
from spacy_casn.layers.dropout import Dropout
from spacy_casn.objectives.base import MetricObjective
from spacy_casn.objectives.cross_entropy import BalancedCrossEntropy
from spacy_casn.objectives.triplet import Triplet
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.visualization.colours import tone

from ..conftest import MakeNlp, examples_of

TRANSCRIPT = "Ann: You won!\nBen: Really?\nAnn: The cake is terrible."


def scores_of(doc: Doc, key: str = "turns") -> np.ndarray:
    return doc.spans[key].attrs["scores"]


def turns_of(doc: Doc) -> list[tuple[str, str, str]]:
    return [(turn.id_, turn.label_, turn.text) for turn in doc.spans["turns"]]


@pytest.fixture
def initialized(make_nlp: MakeNlp) -> Language:
    nlp = make_nlp()
    nlp.initialize(lambda: examples_of(nlp))
    return nlp


# Labels


def test_a_label_fills_the_vocabulary(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    pipe = nlp.get_pipe("casn_emotion")
    assert "wistfulness" not in nlp.vocab.strings
    assert pipe.add_label("wistfulness") == 1
    assert "wistfulness" in nlp.vocab.strings
    assert pipe.add_label("wistfulness") == 0
    assert pipe.labels == ("wistfulness",)


@pytest.mark.parametrize("label", [9, None, ["anger"]])
def test_a_label_is_a_text(make_nlp: MakeNlp, label: object) -> None:
    with pytest.raises(ValueError, match="must be a text"):
        make_nlp().get_pipe("casn_emotion").add_label(label)


def test_labels_are_those_of_label_data(initialized: Language, make_nlp: MakeNlp) -> None:
    pipe = initialized.get_pipe("casn_emotion")
    other = make_nlp()
    other.get_pipe("casn_emotion").initialize(
        lambda: examples_of(other), nlp=other, labels=pipe.label_data
    )
    assert other.get_pipe("casn_emotion").labels == pipe.labels


def test_labels_are_known_to_the_pipeline(initialized: Language) -> None:
    pipe = initialized.get_pipe("casn_emotion")
    assert initialized.pipe_labels["casn_emotion"] == list(pipe.labels)


# Training


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_drop_reaches_the_layers(
    initialized: Language, monkeypatch: pytest.MonkeyPatch, drop: float
) -> None:
    shares: set[float] = set()
    forward = Dropout.forward

    def spy(self: Dropout, hidden: object) -> object:
        shares.add(self.p)
        return forward(self, hidden)

    monkeypatch.setattr(Dropout, "forward", spy)
    initialized.update(examples_of(initialized), drop=drop)
    assert shares == {drop}
    shares.clear()
    initialized.update(examples_of(initialized))
    assert shares == {0.0}


def test_a_larger_dropout_of_the_model_stays(
    make_nlp: MakeNlp, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlp = make_nlp()
    config = nlp.get_pipe_config("casn_emotion")["model"]
    nlp = make_nlp(model={**config, "context": {**config["context"], "dropout": 0.7}})
    nlp.initialize(lambda: examples_of(nlp))
    shares: set[float] = set()
    forward = Dropout.forward

    def spy(self: Dropout, hidden: object) -> object:
        shares.add(self.p)
        return forward(self, hidden)

    monkeypatch.setattr(Dropout, "forward", spy)
    nlp.update(examples_of(nlp), drop=0.5)
    assert shares == {0.5, 0.7}


def test_the_loss_is_that_of_what_the_model_gives(initialized: Language) -> None:
    pipe = initialized.get_pipe("casn_emotion")
    examples = examples_of(initialized)
    turns = [pipe.get_turns(example.predicted) for example in examples]
    loss, gradient = pipe.get_loss(examples, pipe.model.predict(turns))
    assert loss > 0
    assert gradient.logits.shape == (sum(map(len, turns)), len(pipe.labels))
    assert gradient.vectors.shape[0] == gradient.logits.shape[0]


def test_get_loss_takes_examples_alone(initialized: Language) -> None:
    pipe = initialized.get_pipe("casn_emotion")
    with pytest.raises(TypeError, match="E978"):
        pipe.get_loss([initialized.make_doc("hello")], None)


@pytest.mark.parametrize("wrong", [None, [], "hello"])
def test_initialize_takes_examples_alone(make_nlp: MakeNlp, wrong: object) -> None:
    pipe = make_nlp().get_pipe("casn_emotion")
    with pytest.raises(TypeError):
        pipe.initialize(wrong)
    with pytest.raises((TypeError, ValueError)):
        pipe.initialize(lambda: wrong)


def test_update_takes_examples_alone(initialized: Language) -> None:
    with pytest.raises(TypeError):
        initialized.get_pipe("casn_emotion").update([initialized.make_doc("hello")])


def test_an_update_of_nothing_changes_nothing(initialized: Language) -> None:
    assert initialized.update([]) == {}
    pipe = initialized.get_pipe("casn_emotion")
    assert pipe.update([]) == {"casn_emotion": 0.0}


def test_losses_add_up_in_what_is_given(initialized: Language) -> None:
    losses = {"casn_emotion": 10.0, "other": 1.0}
    initialized.update(examples_of(initialized), losses=losses)
    assert losses["casn_emotion"] > 10
    assert losses["other"] == 1


def test_a_frozen_component_does_not_learn(initialized: Language) -> None:
    pipe = initialized.get_pipe("casn_emotion")
    before = pipe.model.to_bytes()
    initialized.update(examples_of(initialized), exclude=["casn_emotion"])
    pipe.update(examples_of(initialized))  # without an optimizer, gradients alone
    assert pipe.model.to_bytes() == before


def test_training_goes_on(trained: Language) -> None:
    before = scores_of(trained(TRANSCRIPT)).copy()
    optimizer = trained.resume_training()
    optimizer.learn_rate = 0.01
    trained.update(examples_of(trained), sgd=optimizer)
    assert np.abs(scores_of(trained(TRANSCRIPT)) - before).max() > 0


@dataclass(eq=False)
class WithArcFace(MetricObjective):
    def __post_init__(self) -> None:
        self.loss = ArcFaceLoss(num_classes=4, embedding_size=32)

    def _loss(self, vectors: Tensor, classes: Tensor) -> Tensor:
        return self.loss(vectors, classes)


def test_a_loss_with_weights_of_its_own_is_refused(trained: Language) -> None:
    pipe = trained.get_pipe("casn_emotion")
    settings = {"get_turns": pipe.get_turns}
    arcface = WithArcFace(BalancedCrossEntropy())
    for objective in (arcface, Triplet(arcface)):
        with pytest.raises(ValueError, match="WithArcFace uses ArcFaceLoss, which has weights"):
            CasnEmotion(trained.vocab, pipe.model, objective=objective, **settings)
    CasnEmotion(trained.vocab, pipe.model, objective=Triplet(BalancedCrossEntropy()), **settings)


# Copies


def test_a_copied_model_gives_the_same_and_learns_apart(trained: Language) -> None:
    pipe = trained.get_pipe("casn_emotion")
    doc = trained.make_doc(TRANSCRIPT)
    turns = [pipe.get_turns(doc)]
    copy = pipe.model.copy()
    expected = pipe.model.predict(turns)
    np.testing.assert_allclose(copy.predict(turns).logits, expected.logits, atol=1e-6)
    optimizer = trained.resume_training()
    optimizer.learn_rate = 0.1
    trained.update(examples_of(trained), sgd=optimizer)
    np.testing.assert_allclose(copy.predict(turns).logits, expected.logits, atol=1e-6)


def test_a_component_can_be_taken_from_another_pipeline(trained: Language) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("casn_emotion", source=trained)
    assert turns_of(nlp(TRANSCRIPT)) == turns_of(trained(TRANSCRIPT))


def test_a_component_can_be_renamed_disabled_and_removed(trained: Language) -> None:
    trained.rename_pipe("casn_emotion", "mood")
    assert turns_of(trained(TRANSCRIPT))
    with trained.select_pipes(disable=["mood"]):
        assert "turns" not in trained(TRANSCRIPT).spans
    trained.remove_pipe("mood")
    assert "turns" not in trained(TRANSCRIPT).spans


# Saving


@pytest.mark.parametrize("exclude", [[], ["vocab"], ["cfg"], ["model"], ["encoder"], ["index"]])
def test_what_is_excluded_is_not_saved_and_the_rest_is(
    trained: Language, make_nlp: MakeNlp, tmp_path: Path, exclude: list[str]
) -> None:
    pipe = trained.get_pipe("casn_emotion")
    pipe.to_disk(tmp_path / "pipe", exclude=exclude)
    names = {path.name for path in (tmp_path / "pipe").iterdir()}
    assert names.isdisjoint(exclude)
    other = make_nlp().get_pipe("casn_emotion")
    other.from_disk(tmp_path / "pipe", exclude=exclude)
    third = make_nlp().get_pipe("casn_emotion")
    third.from_bytes(pipe.to_bytes(exclude=exclude), exclude=exclude)
    for loaded in (other, third):
        assert loaded.labels == (() if exclude == ["cfg"] else pipe.labels)
        assert loaded.model.has_dim("nO") is (None if exclude == ["model"] else True)


def test_what_is_excluded_is_not_loaded(
    trained: Language, make_nlp: MakeNlp, tmp_path: Path
) -> None:
    pipe = trained.get_pipe("casn_emotion")
    pipe.to_disk(tmp_path / "pipe")
    for loaded in (
        make_nlp().get_pipe("casn_emotion").from_disk(tmp_path / "pipe", exclude=["cfg"]),
        make_nlp().get_pipe("casn_emotion").from_bytes(pipe.to_bytes(), exclude=["cfg"]),
    ):
        assert loaded.labels == ()


def test_an_untrained_component_is_saved_and_loaded(make_nlp: MakeNlp, tmp_path: Path) -> None:
    nlp = make_nlp()
    nlp.get_pipe("casn_emotion").add_label("anger")
    nlp.to_disk(tmp_path / "pipeline")
    for loaded in (spacy.load(tmp_path / "pipeline"), make_nlp().from_bytes(nlp.to_bytes())):
        assert loaded.get_pipe("casn_emotion").labels == ("anger",)


def test_bytes_are_the_same_after_a_round_trip(trained: Language, make_nlp: MakeNlp) -> None:
    data = trained.get_pipe("casn_emotion").to_bytes(exclude=["vocab"])
    loaded = make_nlp().get_pipe("casn_emotion").from_bytes(data)
    assert loaded.to_bytes(exclude=["vocab"]) == data


def test_the_config_makes_the_same_pipeline(trained: Language) -> None:
    again = load_model_from_config(trained.config, auto_fill=True)
    assert again.config["components"] == trained.config["components"]
    again.from_bytes(trained.to_bytes())
    assert turns_of(again(TRANSCRIPT)) == turns_of(trained(TRANSCRIPT))


def test_a_vocabulary_of_its_own_is_enough(trained: Language) -> None:
    doc = trained(TRANSCRIPT)
    again = Doc(Vocab()).from_bytes(doc.to_bytes())
    assert turns_of(again) == turns_of(doc)


# Names


def test_each_group_answers_for_its_own_scores(trained: Language) -> None:
    doc = trained(TRANSCRIPT)
    turns = doc.spans["turns"]
    other = [
        Span(doc, turn.start, turn.end, label=label, span_id=turn.id_)
        for turn, label in zip(turns, ["calm", "tense", "calm"], strict=True)
    ]
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
    attrs = {"scores": scores, "labels": ["calm", "tense"]}
    doc.spans["tension"] = SpanGroup(doc, name="tension", spans=other, attrs=attrs)
    for number in range(3):
        mood, tension = doc.spans["turns"][number], doc.spans["tension"][number]
        assert list(mood._.emotion_scores.values()) == scores_of(doc)[number].tolist()
        assert list(tension._.emotion_scores.values()) == scores[number].tolist()
    twice = SpanGroup(doc, name="twice", spans=list(turns), attrs={**turns.attrs})
    doc.spans["twice"] = twice
    assert turns[0]._.emotion_scores == dict(
        zip(turns.attrs["labels"], scores_of(doc)[0].tolist(), strict=True)
    )
    doc.spans["twice"].attrs["scores"] = 1 - scores_of(doc)
    with pytest.raises(ValueError, match=r"stands in \['turns', 'twice'\]"):
        _ = turns[0]._.emotion_scores


def test_a_name_that_others_registered_stays_and_is_said() -> None:
    getter = Span.get_extension("speaker")
    Span.set_extension("speaker", default="theirs", force=True)
    try:
        with pytest.warns(UserWarning, match=r"span\._\.speaker was registered before"):
            register_extensions()
        assert spacy.blank("en")("hello")[:]._.speaker == "theirs"
    finally:
        Span.set_extension("speaker", getter=getter[2], force=True)


def test_no_warning_where_the_names_are_ours() -> None:
    register_extensions()


def test_figures_of_two_components_are_kept_apart(trained: Language, make_nlp: MakeNlp) -> None:
    examples = examples_of(trained)
    alone = trained.evaluate(examples)
    other = make_nlp()
    other.from_bytes(trained.to_bytes())
    other.rename_pipe("casn_emotion", "second")
    found = other.evaluate(examples_of(other))
    assert found["second_emotion_macro_f"] == alone["emotion_macro_f"]
    assert found["emotion_macro_f"] == alone["emotion_macro_f"]
    assert "casn_emotion_emotion_macro_f" not in alone


def test_of_two_components_on_one_key_the_later_one_answers(
    trained: Language, make_nlp: MakeNlp
) -> None:
    other = make_nlp()
    other.from_bytes(trained.to_bytes())
    first = turns_of(other(TRANSCRIPT))
    config = other.get_pipe_config("casn_emotion")
    settings = {"model": config["model"], "neutral_label": "calm"}
    second = other.add_pipe("casn_emotion", name="second", config=settings)
    examples = [
        Example(trained.make_doc(doc.text), doc)
        for doc in [make_dialogue(trained, ["You won!", "Really?"], emotions=["calm", "tense"])]
    ]
    second.initialize(lambda: examples, nlp=other)
    doc = other(TRANSCRIPT)
    assert {turn.label_ for turn in doc.spans["turns"]} <= {"calm", "tense"}
    assert [turn._.emotion_scores.keys() for turn in doc.spans["turns"]] == [{"calm", "tense"}] * 3
    assert [(speaker, text) for speaker, _, text in turns_of(doc)] == [
        (speaker, text) for speaker, _, text in first
    ]
    other.disable_pipe("second")
    assert turns_of(other(TRANSCRIPT)) == first


# Other components


def spaces_alone(nlp: Language):
    def tokenizer(text: str) -> Doc:
        words = text.split(" ")
        return Doc(nlp.vocab, words=words, spaces=[True] * (len(words) - 1) + [False])

    return tokenizer


@pytest.mark.parametrize("speakers", [["Ann", "Ben", "Ann"], None])
def test_turns_are_the_same_whatever_the_tokenizer(
    trained: Language, speakers: list[str] | None
) -> None:
    texts = ["You won!", "Really?", "The cake is terrible."]
    given = make_dialogue(trained, texts, speakers=speakers)
    expected = trained(given.copy())
    trained.tokenizer = spaces_alone(trained)
    for doc in (
        trained(make_dialogue(trained, texts, speakers=speakers)),
        trained(given.text),
    ):
        assert doc.text == given.text
        assert turns_of(doc) == turns_of(expected)
        np.testing.assert_allclose(scores_of(doc), scores_of(expected), atol=1e-6)


def test_words_are_parted_at_borders_alone() -> None:
    doc = Doc(Vocab(), words=["won!\nBen:", "Really?\nAnn:", "no"], spaces=[True, True, False])
    part_words(doc, [4, 10, 17])
    assert [(word.text, word.whitespace_) for word in doc] == [
        ("won!", ""),
        ("\nBen:", " "),
        ("Really?", ""),
        ("\nAnn:", " "),
        ("no", ""),
    ]
    before = [word.text for word in doc]
    part_words(doc, [0, len(doc.text)])
    assert [word.text for word in doc] == before


def test_what_merges_words_comes_before(trained: Language) -> None:
    ruler = trained.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "THING", "pattern": "The cake"}])
    trained.add_pipe("merge_entities", before="casn_emotion")
    doc = trained(TRANSCRIPT)
    assert [turn.text for turn in doc.spans["turns"]][2] == "The cake is terrible."
    assert "The cake" in [word.text for word in doc]


def test_what_merges_words_later_is_said(trained: Language) -> None:
    doc = trained(TRANSCRIPT)
    turn = doc.spans["turns"][0]
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[len(doc) - 5 : len(doc)])
    with pytest.raises(ValueError, match="put components that do so, such as merge_entities"):
        emotion_scores(doc[len(doc) - 1 :])
    with pytest.raises(ValueError, match="lies outside"):
        trained.get_pipe("casn_emotion").predict([doc])
    assert turn.doc is doc


# The neutral label


@pytest.mark.parametrize("name", ["neutral", "Neutral", "none", "other"])
def test_the_neutral_label_is_found_by_its_other_names(make_nlp: MakeNlp, name: str) -> None:
    nlp = make_nlp()
    docs = [make_dialogue(nlp, ["Hello.", "You won!"], emotions=[name, "happiness"])]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("casn_emotion")
    assert pipe.neutral_label == name
    loaded = make_nlp().from_bytes(nlp.to_bytes())
    assert loaded.get_pipe("casn_emotion").neutral_label == name
    assert nlp.evaluate(examples)["emotion_macro_f"] is not None


@pytest.mark.parametrize(
    ("given", "labels"),
    [("no emotion", ["joy", "fear"]), ("no emotion", ["none", "other"]), ("calm", ["neutral"])],
)
def test_a_neutral_label_that_is_not_known_is_said_before_anything_is_encoded(
    make_nlp: MakeNlp, monkeypatch: pytest.MonkeyPatch, given: str, labels: list[str]
) -> None:
    nlp = make_nlp(neutral_label=given)
    doc = make_dialogue(nlp, ["Hello."] * len(labels), emotions=labels)
    pipe = nlp.get_pipe("casn_emotion")
    monkeypatch.setattr(pipe.utterance_encoder, "encode_corpus", None)
    with pytest.raises(ValueError, match=f"neutral_label = '{given}' is none of the labels"):
        nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc)])


def test_displacy_has_our_colours() -> None:
    colours = SpanRenderer().colors
    assert colours["HAPPINESS"] == tone("happiness").fill
    assert colours["ANGER"] == tone("anger").fill


# Docs elsewhere


def test_docs_that_are_joined_keep_labels_and_speakers(trained: Language) -> None:
    joined = Doc.from_docs([trained(TRANSCRIPT), trained("Ann: Fine.\nBen: No!")])
    assert [turn.id_ for turn in joined.spans["turns"]] == ["Ann", "Ben", "Ann", "Ann", "Ben"]
    assert all(turn.label_ for turn in joined.spans["turns"])


def test_docbins_keep_all(trained: Language) -> None:
    doc = trained(TRANSCRIPT)
    (again,) = DocBin(docs=[doc], store_user_data=False).get_docs(spacy.blank("en").vocab)
    assert turns_of(again) == turns_of(doc)
    assert again.spans["turns"][1]._.speaker == "Ben"
    assert again.spans["turns"][1]._.emotion_scores == doc.spans["turns"][1]._.emotion_scores


def test_examples_align_by_characters(trained: Language) -> None:
    gold = make_dialogue(trained, ["You won!"], emotions=["happiness"])
    words = ["You won", "!"]
    other = Doc(trained.vocab, words=words, spaces=[False, False])
    example = Example(trained(other), gold)
    assert trained.get_pipe("casn_emotion").score([example])["emotion_acc"] is not None
