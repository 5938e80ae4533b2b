from collections.abc import Callable

import pytest
import spacy

from spacy_casn import make_dialogue

Turn = tuple[str, str, dict[str, float]]
Expected = Callable[..., list[Turn]]


@pytest.fixture
def expected(model: str) -> Expected:
    """What the pipeline alone says: text, emotion and scores, turn by turn."""
    nlp = spacy.load(model)

    def predict(texts: list[str], speakers: list[str] | None = None) -> list[Turn]:
        doc = nlp(make_dialogue(nlp, texts, speakers=speakers))
        return [
            (text, span.label_ if text.strip() else "", span._.emotion_scores)
            for text, span in zip(texts, doc.spans["turns"], strict=True)
        ]

    return predict
