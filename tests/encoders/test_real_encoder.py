"""A few tests with the real all-MiniLM-L6-v2."""

import numpy as np
import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_casn import make_dialogue
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.models.architectures import build_transformer_turn_encoder_v1

from ..conftest import SMALL_CONTEXT

pytestmark = pytest.mark.slow


def test_like_turns_lie_near_each_other(real_encoder: str) -> None:
    turns = ["I am so happy for you!", "That makes me really glad.", "The bus leaves at ten."]
    vectors = SentenceEncoder(real_encoder).encode(turns)
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert vectors.shape == (3, 384)
    assert near > far + 0.2


def test_long_and_odd_turns_are_encoded(real_encoder: str) -> None:
    vectors = SentenceEncoder(real_encoder).encode(["word " * 2000, "", "…", "?!", "\u200b", "🙂"])
    assert np.isfinite(vectors).all()


def test_word_pieces_pool_to_the_sentence_vector(real_encoder: str) -> None:
    pytest.importorskip("spacy_transformers")
    doc = make_dialogue(spacy.blank("en"), ["I got the job!", "Really?", "The bus is late again."])
    turns = list(doc.spans["turns"])
    encoder = build_transformer_turn_encoder_v1(real_encoder)
    encoder.initialize(X=[turns])
    pooled = encoder.predict([turns]).dataXd
    pooled = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    expected = SentenceEncoder(real_encoder).encode([turn.text for turn in turns])
    np.testing.assert_allclose((pooled * expected).sum(axis=1), 1, atol=1e-5)


def test_the_default_component_learns_from_a_few_turns(real_encoder: str) -> None:
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("casn_emotion", config={"model": {"context": SMALL_CONTEXT}})
    happy = ["I won the race!", "We are so glad you came.", "What a lovely present!"]
    calm = ["The shop opens at nine.", "It is on the second floor.", "Take the next train."]
    docs = [make_dialogue(nlp, [turn], emotions=["happiness"]) for turn in happy]
    docs += [make_dialogue(nlp, [turn], emotions=["no emotion"]) for turn in calm]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    unseen = {
        "I am delighted, this is wonderful!": "happiness",
        "The meeting is on the first floor.": "no emotion",
    }
    for text, emotion in unseen.items():
        doc = nlp(text)
        assert doc.spans["turns"][0].label_ == emotion
