import numpy as np
import pytest

from spacy_casn.scoring.triplets import draw_triplets

CLASSES = np.array([0] * 50 + [1] * 3 + [2] * 7 + [3], np.int64)
SHUFFLED = np.random.default_rng(5).permutation(CLASSES)


def test_triplets_are_triplets() -> None:
    triplets = draw_triplets(SHUFFLED, 5000, np.random.default_rng(0))
    anchors, positives, negatives = (SHUFFLED[rows] for rows in triplets)
    assert (anchors == positives).all()
    assert (anchors != negatives).all()
    assert (triplets.anchors != triplets.positives).all()


def test_classes_and_members_are_drawn_uniformly() -> None:
    n = 60_000
    triplets = draw_triplets(SHUFFLED, n, np.random.default_rng(0))
    anchors, negatives = SHUFFLED[triplets.anchors], SHUFFLED[triplets.negatives]
    # Class 3 has one member: it's no anchor, but a negative.
    np.testing.assert_allclose(np.bincount(anchors) / n, [1 / 3] * 3, atol=0.01)
    for anchor in range(3):
        shares = np.bincount(negatives[anchors == anchor], minlength=4) / (anchors == anchor).sum()
        np.testing.assert_allclose(np.delete(shares, anchor), [1 / 3] * 3, atol=0.02)
    for rows in triplets[:2]:
        members = np.bincount(rows, minlength=len(SHUFFLED))[SHUFFLED == 2]
        np.testing.assert_allclose(members / members.sum(), [1 / 7] * 7, atol=0.02)


def test_one_seed_draws_the_same_twice() -> None:
    first, again = (draw_triplets(SHUFFLED, 99, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = draw_triplets(SHUFFLED, 99, np.random.default_rng(4))
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("classes", [[], [0], [0, 0, 0], [0, 1, 2]])
def test_without_a_positive_or_a_negative_there_are_none(classes: list[int]) -> None:
    triplets = draw_triplets(np.array(classes, np.int64), 10, np.random.default_rng(0))
    assert [len(rows) for rows in triplets] == [0, 0, 0]
