"""Shares of labels in dialogues that nobody labelled."""

import numpy as np
import pytest

from spacy_casn.scoring.prior_estimate import estimate_prior

LABELS = ["anger", "calm", "joy"]
EQUAL = np.full(3, 1 / 3)


def draw(shares: list[float], turns: int) -> tuple[np.ndarray, np.ndarray]:
    """Turns of a known model: a normal around each label's own corner."""
    rng = np.random.default_rng(0)
    classes = rng.choice(3, turns, p=shares)
    points = 1.5 * np.eye(3)[classes] + rng.normal(size=(turns, 3)) * 0.8
    distances = ((points[:, None] - 1.5 * np.eye(3)[None]) ** 2).sum(axis=2)
    return -distances / (2 * 0.8**2), np.arange(turns) // 10


def test_the_shares_are_found_again() -> None:
    evidence, dialogues = draw([0.15, 0.8, 0.05], 3000)
    found = estimate_prior(evidence, dialogues, LABELS, before=EQUAL, anchor=0)
    assert found.turns == 3000
    assert sum(found.shares.values()) == pytest.approx(1)
    for label, share in zip(LABELS, [0.15, 0.8, 0.05], strict=True):
        low, high = found.intervals[label]
        assert low - 0.01 <= share <= high + 0.01
        assert low <= found.shares[label] <= high


def test_more_turns_make_it_surer() -> None:
    def width(turns: int) -> float:
        low, high = estimate_prior(*draw([0.3, 0.5, 0.2], turns), LABELS, before=EQUAL).intervals[
            "calm"
        ]
        return high - low

    assert width(4000) < 0.6 * width(400)


def test_a_constant_of_a_turn_changes_nothing() -> None:
    evidence, dialogues = draw([0.3, 0.5, 0.2], 500)
    shifted = evidence + np.arange(500)[:, None] * 5.0
    same = estimate_prior(shifted, dialogues, LABELS, before=EQUAL).shares
    expected = estimate_prior(evidence, dialogues, LABELS, before=EQUAL).shares
    assert same == pytest.approx(expected)


def test_what_was_expected_weighs_as_much_as_what_is_read() -> None:
    evidence, dialogues = draw([0.15, 0.8, 0.05], 3000)
    free = estimate_prior(evidence, dialogues, LABELS, before=EQUAL, anchor=0).shares
    held = estimate_prior(evidence, dialogues, LABELS, before=EQUAL, anchor=1).shares
    for label in LABELS:
        assert held[label] == pytest.approx((free[label] + 1 / 3) / 2, abs=0.05)


def test_too_few_turns_are_refused() -> None:
    evidence, dialogues = draw([0.3, 0.5, 0.2], 99)
    with pytest.raises(ValueError, match="can't be estimated from 99 turns: give at least 100"):
        estimate_prior(evidence, dialogues, LABELS, before=EQUAL)
