import numpy as np
import pytest

from spacy_casn.scoring.calibration import Bin, calibration_bins, calibration_error, fit_temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_of_the_logits_is_found(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 4)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    classes = np.array([rng.choice(4, p=row / row.sum()) for row in probabilities.astype(float)])
    assert fit_temperature(logits * temperature, classes) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize(("right", "expected"), [(True, 0.05), (False, 20.0)])
def test_extreme_temperatures_are_bounded(right: bool, expected: float) -> None:
    logits = np.eye(3, dtype=np.float32)
    classes = np.arange(3) if right else np.array([1, 2, 0])
    assert fit_temperature(logits, classes) == pytest.approx(expected, rel=0.01)


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    confidences = np.array([0.95, 0.97, 0.95, 1.0, 0.5, 0.5])
    right = np.array([True, True, True, False, True, False])
    expected = (abs(0.95 + 0.97 + 0.95 + 1.0 - 3) + abs(1.0 - 1)) / 6
    assert calibration_error(confidences, right) == pytest.approx(expected)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0


def test_bins_hold_turns_of_about_the_same_confidence() -> None:
    bins = calibration_bins(np.array([0.95, 1.0, 0.5, 0.51]), np.array([True, False, True, True]))
    assert bins == [Bin(pytest.approx(0.505), 1.0, 2), Bin(pytest.approx(0.975), 0.5, 2)]
