import pickle
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from thinc.api import Adam, Model
from thinc.types import Ragged
from transformers import AutoModel, AutoTokenizer

from spacy_casn import make_dialogue
from spacy_casn.data.types import Dialogues

pytest.importorskip("spacy_transformers")

from spacy_casn.models.architectures import build_transformer_turn_encoder_v1

TURNS = [["hello there , you won !", "no", "what ? no !"], [], ["the cake is great"]]


def make_dialogues() -> Dialogues:
    nlp = spacy.blank("en")
    docs = [make_dialogue(nlp, turns) for turns in TURNS]
    return [list(doc.spans["turns"]) for doc in docs]


def make_encoder(folder: Path, **settings: bool | int) -> Model[Dialogues, Ragged]:
    encoder = build_transformer_turn_encoder_v1(str(folder), **settings)
    encoder.initialize(X=make_dialogues())
    return encoder


def masked_mean(folder: Path) -> np.ndarray:
    tokenizer, bert = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    rows = []
    for turn in (turn for turns in TURNS for turn in turns):
        with torch.no_grad():
            rows.append(bert(**tokenizer(turn, return_tensors="pt"))[0][0].mean(0).numpy())
    return np.stack(rows)


@pytest.mark.parametrize("batch_size", [1, 64])
def test_a_turn_is_the_mean_of_its_pieces(fake_bert: Path, batch_size: int) -> None:
    encoder = make_encoder(fake_bert, batch_size=batch_size)
    output = encoder.predict(make_dialogues())
    assert output.lengths.tolist() == [3, 0, 1]
    np.testing.assert_allclose(output.dataXd, masked_mean(fake_bert), atol=1e-5)


@pytest.mark.parametrize("trainable", [True, False])
def test_gradients_reach_the_transformer_if_it_is_trainable(
    fake_bert: Path, trainable: bool
) -> None:
    encoder = make_encoder(fake_bert, trainable=trainable)
    before = encoder.predict(make_dialogues()).dataXd.copy()
    output, backprop = encoder.begin_update(make_dialogues())
    backprop(Ragged(np.ones_like(output.dataXd), output.lengths))
    encoder.finish_update(Adam(0.01))
    moved = np.abs(encoder.predict(make_dialogues()).dataXd - before).max()
    assert (moved > 1e-3) == trainable


def test_weights_travel_without_pickle(fake_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*args: object, **kwargs: object) -> None:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
        monkeypatch.setattr(pickle, name, forbid)
    encoder = make_encoder(fake_bert)
    loaded = build_transformer_turn_encoder_v1(str(fake_bert)).from_bytes(encoder.to_bytes())
    expected = encoder.predict(make_dialogues()).dataXd
    np.testing.assert_allclose(loaded.predict(make_dialogues()).dataXd, expected, atol=1e-6)


def test_without_spacy_transformers_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", {}.get)
    with pytest.raises(ValueError, match=r"pip install spacy-casn\[wordpieces\]"):
        build_transformer_turn_encoder_v1("bert")
