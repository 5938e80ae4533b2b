"""A pipeline that is saved where there is no room for it."""

from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language
from spacy.vectors import Vectors

from spacy_casn.storage.checkpoints import saved_whole

from ..conftest import SMALL_CONTEXT, MakeNlp, examples_of
from .full_disk import files_at_most


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(params=["sentence transformer", "onnx", "word vectors"])
def pipeline(
    request: pytest.FixtureRequest, make_nlp: MakeNlp, fake_encoder: Path, fake_bert_encoder: Path
) -> Language:
    """One with each kind of encoder, and vectors of spaCy's own."""
    encoder = {
        "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
        "name": str(fake_bert_encoder),
    }
    if request.param == "onnx":
        encoder["backend"] = "onnx"
    if request.param == "word vectors":
        encoder = {"@architectures": "spacy_casn.WordVectorEncoder.v1", "name": str(fake_encoder)}
    model = {
        "@architectures": "spacy_casn.CasnModel.v1",
        "encoder": encoder,
        "context": SMALL_CONTEXT,
    }
    nlp = make_nlp(model=model)
    nlp.initialize(lambda: examples_of(nlp))
    nlp.vocab.vectors = Vectors(data=np.ones((50_000, 3), np.float32))
    return nlp


def test_what_was_saved_before_stays_whichever_file_has_no_room(
    pipeline: Language, tmp_path: Path
) -> None:
    saved = saved_whole(pipeline)
    saved.to_disk(tmp_path / "model")
    before = contents(tmp_path / "model")
    for size in sorted({len(content) for content in before.values()} - {0}):
        with (
            files_at_most(size - max(1, size // 20)),  # NumPy doesn't see a loss of some bytes
            pytest.raises(OSError, match=r"can't be written: .* and run again: '.*/model'$"),
        ):
            saved.to_disk(tmp_path / "model")
        assert contents(tmp_path / "model") == before
        assert [path.name for path in tmp_path.iterdir()] == ["model"]
    saved.to_disk(tmp_path / "model")
