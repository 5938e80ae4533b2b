from collections import Counter

import pytest
import spacy
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.training.batcher import make_balanced_dialogues_v1

NLP = spacy.blank("en")


def make_examples(emotions: list[list[str]]) -> list[Example]:
    docs = [make_dialogue(NLP, ["Hi"] * len(turns), emotions=turns) for turns in emotions]
    return [Example(NLP.make_doc(doc.text), doc) for doc in docs]


EXAMPLES = make_examples([["neutral"] * 4] * 90 + [["neutral", "fear"]] * 10)


def rare(batches: list[list[Example]]) -> int:
    return sum(len(example.reference.spans["turns"]) == 2 for batch in batches for example in batch)


def test_power_zero_shuffles_every_dialogue_once() -> None:
    batcher = make_balanced_dialogues_v1(size=16, power=0.0)
    orders = []
    for _ in range(2):
        drawn = [id(example) for batch in batcher(EXAMPLES) for example in batch]
        assert Counter(drawn) == Counter(map(id, EXAMPLES))
        orders.append(drawn)
    assert orders[0] != orders[1]


def test_rare_labels_come_more_often_by_inverse_frequency() -> None:
    batcher = make_balanced_dialogues_v1(size=16, power=1.0)
    drawn = [rare(list(batcher(EXAMPLES))) for _ in range(60)]
    # 370 neutral turns, 10 of fear: weights 1 / 370 and the mean of 1 / 370 and 1 / 10.
    weight = (1 / 370 + 1 / 10) / 2
    expected = 100 * 10 * weight / (10 * weight + 90 / 370)
    assert sum(drawn) / 60 == pytest.approx(expected, rel=0.05)
    assert len(set(drawn)) > 1


def test_batches_hold_at_most_size_turns() -> None:
    for batch in make_balanced_dialogues_v1(size=16, power=0.5)(EXAMPLES):
        assert sum(len(example.reference.spans["turns"]) for example in batch) <= 16
    assert [len(batch) for batch in make_balanced_dialogues_v1(size=1)(EXAMPLES[:3])] == [1] * 3


def test_one_seed_draws_the_same_twice() -> None:
    def drawn(seed: int) -> list[list[int]]:
        batcher = make_balanced_dialogues_v1(size=16, power=0.5, seed=seed)
        return [[id(example) for example in batch] for batch in batcher(EXAMPLES)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_unlabelled_dialogues_are_no_error() -> None:
    examples = make_examples([["", ""], [""]])
    assert sum(map(len, make_balanced_dialogues_v1(power=0.5)(examples))) == 2
    assert list(make_balanced_dialogues_v1(power=0.5)([])) == []


@pytest.mark.parametrize("settings", [{"size": 0}, {"power": 2.0}])
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match="must be"):
        make_balanced_dialogues_v1(**settings)
