"""Which turns are like this one, and what the context contributes."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language

from spacy_casn import make_dialogue
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.pipeline.similar_turns import IndexedTurn, TurnIndex

from ..conftest import examples_of


@pytest.fixture
def pipe(trained: Language) -> CasnEmotion:
    return trained.get_pipe("casn_emotion")


def test_nearest_by_brute_force(trained: Language, pipe: CasnEmotion) -> None:
    docs = [example.reference for example in examples_of(trained)]
    pipe.index_turns([*docs, make_dialogue(trained, [])])
    doc = make_dialogue(trained, ["Hello there.", "You won!"])
    (vectors,) = pipe.turn_vectors([doc])
    (query,) = vectors[1:] / np.linalg.norm(vectors[1:])
    cosines = []
    for known, rows in zip(docs, pipe.turn_vectors(docs), strict=True):
        for turn, row in zip(known.spans["turns"], rows, strict=True):
            cosine = query @ row / np.linalg.norm(row)
            cosines.append((cosine, IndexedTurn(turn.id_, turn.text, turn.label_)))
    cosines.sort(key=lambda pair: -pair[0])
    found = pipe.nearest(doc.spans["turns"][1], n=4)
    assert [neighbour.turn for neighbour in found] == [turn for _, turn in cosines[:4]]
    similarities = [neighbour.similarity for neighbour in found]
    np.testing.assert_allclose(similarities, [cosine for cosine, _ in cosines[:4]], atol=1e-5)
    assert found[0].dialogue[found[0].number] == found[0].turn
    assert len(pipe.nearest(doc.spans["turns"][1], n=100)) == len(cosines)


def test_a_turn_is_not_its_own_neighbour(trained: Language, pipe: CasnEmotion) -> None:
    docs = [example.reference for example in examples_of(trained)]
    pipe.index_turns(docs)
    for row, turn in enumerate(docs[0].spans["turns"]):
        found = pipe.nearest(turn, n=100)
        assert len(found) == 4 + 4 + 2 - 1
        assert not any(
            neighbour.number == row and neighbour.dialogue[0].text == "Hello there."
            for neighbour in found
        )


@pytest.mark.parametrize("by_bytes", [True, False])
def test_saved_on_request(
    trained: Language, pipe: CasnEmotion, tmp_path: Path, by_bytes: bool
) -> None:
    def reload(exclude: list[str]) -> CasnEmotion:
        config = trained.get_pipe_config("casn_emotion")
        config.pop("factory", None)
        component = spacy.blank("en").add_pipe("casn_emotion", config=config)
        if by_bytes:
            return component.from_bytes(pipe.to_bytes(exclude=exclude))
        pipe.to_disk(tmp_path / "pipe", exclude=exclude)
        return component.from_disk(tmp_path / "pipe")

    doc = examples_of(trained)[0].reference
    assert reload([]).index is None
    pipe.index_turns([doc])
    expected = pipe.nearest(doc.spans["turns"][0])
    found = reload([]).nearest(doc.spans["turns"][0])
    assert [neighbour.turn for neighbour in found] == [neighbour.turn for neighbour in expected]
    assert found[0].similarity == pytest.approx(expected[0].similarity, abs=1e-3)
    assert reload(["index"]).index is None


def test_index_that_does_not_fit_or_is_none() -> None:
    index = TurnIndex(np.eye(2, dtype=np.float32), [[IndexedTurn("", "Hi", "")] * 2])
    index.dialogues.pop()
    with pytest.raises(ValueError, match="2 vectors, but 0 turns"):
        TurnIndex.from_bytes(index.to_bytes())
    with pytest.raises(ValueError, match="can't be read"):
        TurnIndex.from_bytes(b"\x80")


def test_no_index_no_turns(trained: Language, pipe: CasnEmotion) -> None:
    doc = make_dialogue(trained, ["Hello there.", "You won!"])
    with pytest.raises(ValueError, match="call index_turns first"):
        pipe.nearest(doc.spans["turns"][0])
    with pytest.raises(ValueError, match=r"no turns in doc\.spans to make an index of"):
        pipe.index_turns([])


def test_context_share_hides_the_turns_before(trained: Language, pipe: CasnEmotion) -> None:
    texts = ["The cake is terrible.", "What?", "You won!"]
    doc = trained(make_dialogue(trained, texts, speakers=["Ann", "Ben", "Ann"]))
    share = pipe.context_share(doc.spans["turns"][2])
    alone = trained(make_dialogue(trained, ["You won!"], speakers=["Ann"]))
    assert share.with_context == pytest.approx(doc.spans["turns"][2]._.emotion_scores, abs=1e-5)
    assert share.without_context == pytest.approx(
        alone.spans["turns"][0]._.emotion_scores, abs=1e-5
    )
    moved = sum(
        max(0, share.with_context[label] - share.without_context[label]) for label in pipe.labels
    )
    assert share.change == pytest.approx(moved, abs=1e-6)
    assert 0 < share.change < 1
    assert pipe.context_share(doc.spans["turns"][0]).change == pytest.approx(0, abs=1e-6)
