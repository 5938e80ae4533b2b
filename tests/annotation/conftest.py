from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from spacy_casn import make_dialogue
from spacy_casn.annotation.annotator import Annotator

Turn = tuple[str, str, dict[str, float]]
Expected = Callable[..., list[Turn]]


@pytest.fixture
def model(trained: Language, tmp_path: Path) -> str:
    """The folder of a pipeline that has learned `examples_of` by heart."""
    trained.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


@pytest.fixture
def annotator(model: str) -> Annotator:
    return Annotator.load(model)


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
