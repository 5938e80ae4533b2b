"""Batches that an accelerator's memory doesn't hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language

from spacy_casn import make_dialogue
from spacy_casn.encoders.batch_halving import BatchHalving
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.models.architectures import build_transformer_turn_encoder_v1

from ..fakes import WORDS

Refuse = Callable[..., list[int]]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Lets a module's `forward` run out of memory above a size; gives the sizes it was tried at."""

    def patch(module: torch.nn.Module, size: Callable[..., int], *, above: int) -> list[int]:
        forward = module.forward
        tried: list[int] = []

        def limited(*args: Any, **settings: Any) -> Any:
            tried.append(size(*args, **settings))
            if tried[-1] > above:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            return forward(*args, **settings)

        monkeypatch.setattr(module, "forward", limited)
        return tried

    return patch


def rows_of(features: dict[str, torch.Tensor]) -> int:
    return len(features["input_ids"])


def double(items: list[int]) -> list[int]:
    if len(items) > 3:
        raise torch.OutOfMemoryError
    return [2 * item for item in items]


def test_results_stay_in_order_and_the_half_is_the_limit() -> None:
    sizes = []

    def call(items: list[int]) -> list[int]:
        sizes.append(len(items))
        return double(items)

    batches = [list(range(7)), [7, 8, 9, 10], [11]]
    results = BatchHalving("x").run(call, batches, name=str)
    assert [item for result in results for item in result] == list(range(0, 24, 2))
    assert sizes == [7, 3, 3, 1, 3, 1, 1]


def test_it_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    halving = BatchHalving("the batch_size")
    for _ in range(2):
        list(halving.run(double, [list(range(12))], name=str))
    (message,) = [record.message for record in caplog.records]
    assert "goes on with 6 at once: lower the batch_size" in message


def test_other_errors_are_not_swallowed() -> None:
    def broken(items: list[int]) -> None:
        raise RuntimeError("a shape is wrong")

    with pytest.raises(RuntimeError, match="a shape"):
        list(BatchHalving("x").run(broken, [[1, 2]], name=str))


@pytest.mark.parametrize("above", [1, 2, 5])
def test_turns_are_encoded_in_smaller_batches(
    fake_bert_encoder: Path, refuse: Refuse, caplog: pytest.LogCaptureFixture, above: int
) -> None:
    texts = [" ".join(WORDS[start : start + 1 + start % 4]) for start in range(20)]
    expected = SentenceEncoder(str(fake_bert_encoder)).encode(texts)
    encoder = SentenceEncoder(str(fake_bert_encoder))
    tried = refuse(encoder.model, rows_of, above=above)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-6)
    assert sum(rows for rows in tried if rows <= above) == 20
    assert sum(rows > above for rows in tried) <= 5  # 20, 10, 5, 2, 1
    assert "lower the sentence encoder's batch_tokens" in caplog.text


def test_a_turn_that_does_not_fit_alone_is_named(fake_bert_encoder: Path, refuse: Refuse) -> None:
    encoder = SentenceEncoder(str(fake_bert_encoder))
    refuse(encoder.model, rows_of, above=0)
    with pytest.raises(ValueError, match=r"A turn of 5 word pieces doesn't fit .*processor"):
        encoder.encode(["you won !"])


def test_turns_of_word_pieces_are_encoded_in_smaller_batches(
    fake_bert: Path, refuse: Refuse
) -> None:
    pytest.importorskip("spacy_transformers")
    doc = make_dialogue(spacy.blank("en"), ["you won !", "no", "what ? really ?", "fine", "oh no"])
    turns = list(doc.spans["turns"])
    encoder = build_transformer_turn_encoder_v1(str(fake_bert))
    encoder.initialize(X=[turns])
    expected = encoder.predict([turns]).dataXd
    tried = refuse(encoder.layers[0].transformer, rows_of_keywords, above=2)
    np.testing.assert_allclose(encoder.predict([turns]).dataXd, expected, atol=1e-6)
    assert tried == [5, 2, 2, 1]


def rows_of_keywords(**features: torch.Tensor) -> int:
    return len(features["input_ids"])


def test_dialogues_are_run_in_smaller_batches(trained: Language, refuse: Refuse) -> None:
    texts = ["You won!\nReally?", "", "No!", "The cake is great.\nWhy?\nOh.", "Hello there."]
    expected = [doc.spans["turns"].attrs["scores"] for doc in trained.pipe(texts)]
    context = trained.get_pipe("casn_emotion").model.get_ref("context").shims[0]._model
    tried = refuse(context, dialogues_of, above=2)
    found = [doc.spans["turns"].attrs["scores"] for doc in trained.pipe(texts)]
    assert tried == [4, 2, 2]  # the empty one isn't run
    for scores, before in zip(found, expected, strict=True):
        np.testing.assert_allclose(scores, before, atol=1e-6)


def dialogues_of(turns: torch.Tensor, lengths: torch.Tensor, relations: torch.Tensor) -> int:
    return len(lengths)


def test_a_dialogue_that_does_not_fit_alone_is_named(trained: Language, refuse: Refuse) -> None:
    context = trained.get_pipe("casn_emotion").model.get_ref("context").shims[0]._model
    refuse(context, dialogues_of, above=0)
    with pytest.raises(ValueError, match=r"A dialogue of 2 turns doesn't fit"):
        trained("You won!\nReally?")


def test_a_turn_that_does_not_fit_stops_the_dialogues_too(
    trained: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = trained.get_pipe("casn_emotion").utterance_encoder
    calls = []

    def fail(texts: list[str]) -> None:
        calls.append(texts)
        raise ValueError("A turn of 5 word pieces doesn't fit")

    monkeypatch.setattr(encoder, "encode", fail)
    with pytest.raises(ValueError, match="A turn of 5"):
        list(trained.pipe(["You won!", "No!"]))
    assert len(calls) == 1
