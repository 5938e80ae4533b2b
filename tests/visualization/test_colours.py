import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_casn.scoring.valence import NEUTRAL
from spacy_casn.visualization.colours import (
    DARK_GROUND,
    HUES,
    LIGHT_GROUND,
    contrast,
    tone,
)

AA = 4.5
KNOWN = [label for labels in HUES.values() for label in labels] + [*NEUTRAL]
DAILYDIALOG = ["anger", "disgust", "fear", "happiness", "sadness", "surprise"]
MELD = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#1c2128", "#1c2128") == 1


@given(st.sampled_from(KNOWN) | st.text(st.characters()))
def test_every_emotion_can_be_read_on_both_grounds(label: str) -> None:
    assert contrast(tone(label).light, LIGHT_GROUND) >= AA
    assert contrast(tone(label).dark, DARK_GROUND) >= AA
    assert contrast(tone(label).fill, tone(label).ink) >= AA


def test_a_colour_is_the_same_in_every_run() -> None:
    assert tone("homesick") == ("#7726d9", "#bb93ec", "#7726d9", "#ffffff")
    assert tone("Anger") == tone("anger")


@pytest.mark.parametrize("labels", [DAILYDIALOG, MELD])
def test_emotions_of_a_corpus_differ(labels: list[str]) -> None:
    for one, other in itertools.combinations(labels, 2):
        assert tone(one) != tone(other)


def test_happiness_is_a_warm_yellow_with_dark_letters() -> None:
    red, green, blue = (int(tone("joy").fill[start : start + 2], 16) for start in (1, 3, 5))
    assert red > green > 2 * blue
    assert contrast(tone("joy").ink, "#000000") < 2
