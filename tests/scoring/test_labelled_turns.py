import numpy as np
import pytest
import spacy
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.scoring.labelled_turns import labelled_turns

NLP = spacy.blank("en")


def test_the_table_has_a_row_for_each_labelled_turn() -> None:
    gold = [
        make_dialogue(NLP, ["a", "b", "c"], emotions=["joy", None, "fear"]),
        make_dialogue(NLP, ["d"]),
        make_dialogue(NLP, ["e", "f"], emotions=[None, "rage"]),
    ]
    guessed = [
        make_dialogue(NLP, ["a", "b", "c"], emotions=["joy", "joy", None]),
        make_dialogue(NLP, ["d"], emotions=["fear"]),
        make_dialogue(NLP, ["e", "f"], emotions=["joy", "fear"]),
    ]
    for doc in (guessed[0], guessed[2]):
        rows = len(doc.spans["turns"])
        scores = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2) / 10
        doc.spans["turns"].attrs.update(scores=scores, labels=["joy", "calm"])
    examples = [Example(*pair) for pair in zip(guessed, gold, strict=True)]
    vectors = [np.full((len(doc.spans["turns"]), 3), n, np.float32) for n, doc in enumerate(gold)]
    turns = labelled_turns(examples, "turns", vectors)
    assert turns.labels == ("calm", "fear", "joy", "rage")
    assert len(turns) == 3
    assert turns.gold_labels == ["joy", "fear", "rage"]
    assert turns.predicted.tolist() == [2, 4, 1]
    assert (turns.n_dialogues, turns.dialogues.tolist()) == (3, [0, 0, 2])
    assert turns.places.tolist() == [0, 2, 1]
    expected = [[0.1, 0, 0, 0], [0.5, 0, 0.4, 0], [0.3, 0, 0.2, 0]]
    np.testing.assert_allclose(turns.scores, expected, rtol=1e-6)
    assert turns.best.tolist() == [0, 0, 0]
    assert turns.confidences.tolist() == pytest.approx([0.1, 0.5, 0.3])
    assert turns.scored.all()
    assert turns.vectors.tolist() == [[0] * 3, [0] * 3, [2] * 3]


def test_turns_without_probabilities_are_known() -> None:
    doc = make_dialogue(NLP, ["a", "b"], emotions=["joy", "fear"])
    turns = labelled_turns([Example(doc, doc)])
    assert not turns.scored.any()
    assert turns.vectors.shape == (2, 0)
