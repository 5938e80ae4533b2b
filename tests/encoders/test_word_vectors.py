"""Word vectors as an encoder: their means, their training, their table on disk."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from spacy.language import Language
from typer.testing import CliRunner

from spacy_casn.cli import app
from spacy_casn.encoders.distilled_words import distil_words
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.encoders.word_vectors import (
    TABLE,
    VECTORS,
    WordTuning,
    WordVectorEncoder,
    in_eight_bits,
    read_table,
    write_table,
)

from ..conftest import SMALL_CONTEXT, MakeNlp, examples_of
from ..fakes import save_bert_sentence_encoder

TEXTS = ["you won !", "", "thank you", "you won !", "the cake is terrible … 😡"]
EMOTIONS = "Hello there!\nYou won the cake!\nOh no, terrible."


def nlp_on(make_nlp: MakeNlp, words: Path, **encoder: object) -> Language:
    encoder = {"@architectures": "spacy_casn.WordVectorEncoder.v1", "name": str(words), **encoder}
    return make_nlp(
        model={
            "@architectures": "spacy_casn.CasnModel.v1",
            "encoder": encoder,
            "context": SMALL_CONTEXT,
        },
    )


def test_it_gives_what_sentence_transformers_does(fake_encoder: Path) -> None:
    found = WordVectorEncoder(str(fake_encoder)).encode(TEXTS)
    expected = SentenceTransformer(str(fake_encoder), device="cpu").encode(TEXTS[:-1])
    np.testing.assert_allclose(found[:-1], expected, atol=1e-6)
    assert not found[1].any()


def test_emoji_are_read_by_their_names(fake_encoder: Path) -> None:
    encoder = WordVectorEncoder(str(fake_encoder))
    named, sign = encoder.encode(["the cake is terrible … enraged face", TEXTS[-1]])
    np.testing.assert_array_equal(named, sign)


def test_many_texts_are_encoded_in_parts(
    fake_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = WordVectorEncoder(str(fake_encoder))
    expected = encoder.encode(TEXTS)
    monkeypatch.setattr("spacy_casn.encoders.word_vectors._BATCH", 2)
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected)
    assert encoder.encode([]).shape == (0, encoder.width)


def test_what_it_saves_sentence_transformers_reads(fake_encoder: Path, tmp_path: Path) -> None:
    encoder = WordVectorEncoder(str(fake_encoder))
    expected = encoder.encode(TEXTS[:1])
    encoder.save(tmp_path / "words")
    found = SentenceTransformer(str(tmp_path / "words"), device="cpu").encode(TEXTS[:1])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    again = WordVectorEncoder(str(tmp_path / "words"))
    assert again.fingerprint() == encoder.fingerprint()


def test_another_table_or_vocabulary_has_another_fingerprint(
    fake_encoder: Path, tmp_path: Path
) -> None:
    tokenizer, table = read_table(fake_encoder)
    write_table(tmp_path / "vectors", tokenizer, {VECTORS: table + 1})
    renamed = json.loads(tokenizer.to_str().replace('"cake"', '"cakes"'))
    write_table(
        tmp_path / "pieces", type(tokenizer).from_str(json.dumps(renamed)), {VECTORS: table}
    )
    folders = (fake_encoder, tmp_path / "vectors", tmp_path / "pieces")
    assert len({WordVectorEncoder(str(folder)).fingerprint() for folder in folders}) == 3


def test_its_gradient_is_autograds(fake_encoder: Path) -> None:
    encoder = WordVectorEncoder(str(fake_encoder), tuning=WordTuning())
    encoder.unfreeze()
    vectors = encoder.encode_for_training(["you won", "cake"])
    vectors.sum().backward()
    tokenizer, table = read_table(fake_encoder)
    expected = torch.zeros_like(table)
    for piece, share in (("you", 0.5), ("won", 0.5), ("cake", 1.0)):
        expected[tokenizer.token_to_id(piece)] = share
    torch.testing.assert_close(encoder.model.weight.grad, expected)


def test_training_leaves_pieces_out_at_random(fake_encoder: Path) -> None:
    encoder = WordVectorEncoder(str(fake_encoder), tuning=WordTuning(1.0, 0.5))
    torch.manual_seed(0)
    turns = encoder.encode_for_training(["you won"] * 1000)
    tokenizer, table = read_table(fake_encoder)
    you, won = (table[tokenizer.token_to_id(piece)] for piece in ("you", "won"))
    for expected in (you, won, (you + won) / 2, torch.zeros_like(you)):
        share = (turns - expected).abs().amax(dim=1).lt(1e-6).float().mean()
        assert 0.2 < share < 0.3
    np.testing.assert_allclose(encoder.encode(["you won"])[0], (you + won) / 2, atol=1e-6)


@pytest.mark.parametrize("trainable", [True, False])
def test_a_pipeline_trains_and_comes_back(
    make_nlp: MakeNlp, fake_encoder: Path, tmp_path: Path, *, trainable: bool
) -> None:
    nlp = nlp_on(make_nlp, fake_encoder, trainable=trainable, piece_dropout=0.1)
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    losses = [nlp.update(examples, sgd=optimizer)["casn_emotion"] for _ in range(20)]
    assert losses[-1] < losses[0]
    expected = nlp(EMOTIONS).spans["turns"].attrs["scores"]
    nlp.to_disk(tmp_path / "pipeline")
    fresh = nlp_on(make_nlp, fake_encoder).from_bytes(nlp.to_bytes())
    for loaded in (spacy.load(tmp_path / "pipeline"), fresh):
        found = loaded(EMOTIONS).spans["turns"].attrs["scores"]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    _, before = read_table(fake_encoder)
    _, after = read_table(tmp_path / "pipeline" / "casn_emotion" / "encoder")
    assert torch.equal(before, after) is not trainable


def test_a_session_gives_what_the_dialogue_does(make_nlp: MakeNlp, fake_encoder: Path) -> None:
    nlp = nlp_on(make_nlp, fake_encoder)
    nlp.initialize(lambda: examples_of(nlp))
    pipe = nlp.get_pipe("casn_emotion")
    doc = nlp(EMOTIONS)
    whole = doc.spans["turns"]
    memory = []
    for turn, expected in zip(whole, whole.attrs["scores"], strict=True):
        scores, memory = pipe.score_next(turn.text, memory)
        np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_eight_bits_are_near_and_a_quarter(fake_encoder: Path, tmp_path: Path) -> None:
    tokenizer, table = read_table(fake_encoder)
    table[3] = 0
    write_table(tmp_path, tokenizer, in_eight_bits(table))
    _, found = read_table(tmp_path)
    assert load_file(tmp_path / TABLE)[VECTORS].dtype == torch.int8
    assert not found[3].any()
    largest = table.abs().amax(dim=1, keepdim=True)
    assert ((found - table).abs() <= largest / 127).all()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokenizer|missing|expected"),
        (lambda folder: (folder / TABLE).write_bytes(b"no weights"), "deserializing|header"),
        (lambda folder: (folder / TABLE).unlink(), "No such file"),
        (lambda folder: save_file({"x": torch.ones(2)}, folder / TABLE), "lacks a vector"),
        (lambda folder: save_file({VECTORS: torch.ones(2, 4)}, folder / TABLE), "lacks a vector"),
        (
            lambda folder: save_file({VECTORS: torch.full((99, 4), torch.nan)}, folder / TABLE),
            "isn't finite",
        ),
    ],
)
def test_a_damaged_table_is_refused(
    fake_encoder: Path, tmp_path: Path, damage: object, reason: str
) -> None:
    tokenizer, table = read_table(fake_encoder)
    write_table(tmp_path, tokenizer, {VECTORS: table})
    damage(tmp_path)
    with pytest.raises(ValueError, match=f"holds no table of word vectors .*({reason})"):
        _ = WordVectorEncoder(str(tmp_path)).width


@pytest.mark.parametrize(("factor", "dropout"), [(0.0, 0.0), (1.0, 1.0), (1.0, -0.1)])
def test_settings_out_of_range_are_refused(factor: float, dropout: float) -> None:
    with pytest.raises(ValueError, match=f"learn_rate_factor = {factor}.*{dropout}"):
        WordTuning(factor, dropout)


@pytest.mark.filterwarnings("ignore:.*:Warning")  # of model2vec's libraries
def test_model2vec_makes_a_table(tmp_path: Path) -> None:
    encoder = SentenceEncoder(str(save_bert_sentence_encoder(tmp_path, pieces=["##a"])))
    pieces = distil_words(encoder, tmp_path / "words", 8)
    words = WordVectorEncoder(str(tmp_path / "words"))
    assert words.width == 8
    assert words.parameters == 8 * pieces
    won, cake = words.encode(["won", "cake"])
    assert not np.allclose(won, cake)
    plain, typographic = words.encode(['won\'t-"cake"', "won’t—“cake”"])
    np.testing.assert_array_equal(typographic, plain)
    with pytest.raises(ValueError, match="width = 25 must be from 1 to 24"):
        distil_words(encoder, tmp_path / "wide", 25)
    assert not (tmp_path / "wide").exists()


def test_the_command_names_what_has_no_word_pieces(model: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["word-vectors", model, str(tmp_path / "words")])
    assert result.exit_code == 1
    assert not (tmp_path / "words").exists()
