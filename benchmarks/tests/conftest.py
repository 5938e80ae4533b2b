"""The fixtures of the package's tests, for the tests of what measures it."""

from tests.conftest import (
    fake_bert_encoder,
    fake_encoder,
    learned,
    make_nlp,
    model,
    real_encoder,
    targets,
    trained,
)

__all__ = [
    "fake_bert_encoder",
    "fake_encoder",
    "learned",
    "make_nlp",
    "model",
    "real_encoder",
    "targets",
    "trained",
]
