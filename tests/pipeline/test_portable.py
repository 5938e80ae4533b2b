from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language

from spacy_casn import make_dialogue
from spacy_casn.pipeline.portable import make_portable

from ..conftest import MakeNlp, examples_of

SECRETS = ["Xanthippe", "xylophones", "We lost 555-0199."]


@pytest.fixture
def told(make_nlp: MakeNlp) -> Language:
    """A pipeline that has seen the secrets."""
    nlp = make_nlp()
    nlp.initialize(lambda: examples_of(nlp))
    nlp(make_dialogue(nlp, ["Two xylophones!"], speakers=["Xanthippe"]))
    pipe = nlp.get_pipe("casn_emotion")
    pipe.learn_labels({"praise": ["You won!"], "blame": ["We lost 555-0199."]})
    return nlp


def secrets_in(folder: Path) -> dict[str, set[str]]:
    found = {}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if hits := {secret for secret in SECRETS if secret.encode() in content}:
            found[path.name] = hits
    return found


def test_what_was_read_stays_behind(told: Language, tmp_path: Path) -> None:
    make_portable(told).to_disk(tmp_path / "portable")
    assert secrets_in(tmp_path / "portable") == {}
    told("Two xylophones!")  # training goes on
    text = "Ann: You won!\nBen: Note the cake."
    expected, found = told(text), spacy.load(tmp_path / "portable")(text)
    np.testing.assert_allclose(
        found.spans["turns"].attrs["scores"], expected.spans["turns"].attrs["scores"], atol=1e-6
    )
    assert [turn._.speaker for turn in found.spans["turns"]] == ["Ann", "Ben"]


def test_no_sentence_is_kept_to_learn_labels(told: Language, tmp_path: Path) -> None:
    told.to_disk(tmp_path / "plain")
    assert secrets_in(tmp_path / "plain") == {"strings.json": {"Xanthippe", "xylophones"}}


def test_an_index_holds_what_was_said(told: Language, tmp_path: Path) -> None:
    doc = make_dialogue(told, ["We lost 555-0199."])
    told.get_pipe("casn_emotion").index_turns([doc])
    make_portable(told).to_disk(tmp_path / "portable")
    assert secrets_in(tmp_path / "portable") == {"index": {"We lost 555-0199."}}


def test_words_that_others_may_need_are_kept(told: Language) -> None:
    told.add_pipe("sentencizer")
    assert make_portable(told).vocab is told.vocab
    told.remove_pipe("sentencizer")
    assert make_portable(told).vocab is not told.vocab
    told.vocab.set_vector("won", np.ones(3, dtype=np.float32))
    assert make_portable(told).vocab is told.vocab
