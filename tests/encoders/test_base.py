"""An encoder that a third party ships, from its architecture to a saved pipeline."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.util import registry
from thinc.api import Model
from thinc.types import Ragged

from spacy_casn.data.types import Dialogues, Vectors
from spacy_casn.encoders.base import UtteranceEncoder, encoder_layer
from spacy_casn.storage.held_folder import HeldFolder

from ..conftest import SMALL_CONTEXT, MakeNlp, examples_of


class LetterEncoder(UtteranceEncoder):
    """Counts letters: all that a plug-in needs to be an encoder."""

    def __init__(self, letters: str) -> None:
        self.name = f"letters {letters}"
        self.letters = letters

    @property
    def width(self) -> int:
        return len(self.letters)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = [[text.lower().count(letter) for letter in self.letters] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.width)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.letters.encode()).hexdigest()

    def save(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        (path / "letters.json").write_text(json.dumps(self.letters))

    def load(self, folder: HeldFolder) -> None:
        self.letters = json.loads((folder.read() / "letters.json").read_text())


def build_letter_encoder(letters: str = "abcdefghijklmnopqrstuvwxyz") -> Model[Dialogues, Ragged]:
    """Its line among the entry points: [spacy_architectures] letters.v1 = plugin:build_..."""
    return encoder_layer(LetterEncoder(letters))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    registry.architectures.register("letters.v1", func=build_letter_encoder)
    return {"@architectures": "letters.v1"}


def test_a_plug_in_trains_and_comes_back(
    letters: dict[str, object], make_nlp: MakeNlp, tmp_path: Path
) -> None:
    def model(**settings: str) -> dict[str, object]:
        return {
            "@architectures": "spacy_casn.CasnModel.v1",
            "encoder": {**letters, **settings},
            "context": SMALL_CONTEXT,
        }

    nlp = make_nlp(model=model(letters="etaoin"))
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=optimizer)
    expected = nlp("You won!\nReally?").spans["turns"].attrs["scores"]
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline" / "casn_emotion" / "encoder").stat()
    by_bytes = make_nlp(model=model(letters="zzzzzz")).from_bytes(nlp.to_bytes())
    for loaded in (spacy.load(tmp_path / "pipeline"), by_bytes):
        found = loaded("You won!\nReally?").spans["turns"].attrs["scores"]
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert loaded.get_pipe("casn_emotion").utterance_encoder.letters == "etaoin"
    other = make_nlp(model=model(letters="uvwxyz"))
    with pytest.raises(ValueError, match="another sentence encoder"):
        other.get_pipe("casn_emotion").initialize(
            lambda: examples, nlp=other, warm_start=tmp_path / "pipeline"
        )
