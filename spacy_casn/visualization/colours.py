"""One colour an emotion, which can be read on light and on dark ground."""

import colorsys
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from ..scoring.valence import is_neutral

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#14171c"
"""What stands on a tone, and what a tone stands on: `--casn-on-tone` of the style sheet."""
LIGHT_CONTRAST, DARK_CONTRAST = 5.0, 7.0
"""WCAG 2 wants 4.5 for text (AA)."""
SATURATION = 0.7

HUES = {
    4: ("anger", "angry", "mad", "rage"),
    20: ("frustration", "frustrated", "annoyance"),
    44: ("happiness", "happy", "joy", "joyful"),
    60: ("excitement", "excited"),
    95: ("disgust", "disgusted"),
    165: ("peaceful", "calm", "relief"),
    185: ("anticipation", "curiosity"),
    215: ("sadness", "sad", "grief"),
    275: ("fear", "fearful", "scared", "nervousness"),
    322: ("surprise", "surprised"),
    345: ("love", "caring"),
}
WARM = {44: ("#f7c948", "#332600"), 60: ("#e8d44d", "#2e2a00")}
"""Fills of yellow hues, and the letters on them: dark enough for white letters, they are mud."""

_KNOWN = {label: hue for hue, labels in HUES.items() for label in labels}


class Tone(NamedTuple):
    """A colour in its shades, as `#rrggbb`."""

    light: str
    """Of lines and letters on light ground."""
    dark: str
    """Of lines and letters on dark ground, and of areas there; dark text on it can be read."""
    fill: str
    """Of areas on light ground."""
    ink: str
    """What can be read on `fill`."""


@lru_cache(maxsize=4096)
def tone(label: str) -> Tone:
    """Return the colour of an emotion: always the same for the same name, grey for none."""
    name = label.strip().lower()
    saturation = 0.0 if is_neutral(name) else SATURATION
    hue = _KNOWN.get(name)
    if hue is None:
        hue = crc32(name.encode("utf-8", "surrogatepass")) % 360
    light = _readable(hue, saturation, LIGHT_GROUND, LIGHT_CONTRAST, step=-0.01)
    dark = _readable(hue, saturation, DARK_GROUND, DARK_CONTRAST, step=0.01)
    known = saturation and WARM.get(hue)
    return Tone(light, dark, *(known or (light, LIGHT_GROUND)))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def displacy_colours() -> dict[str, str]:
    """Return the fills of known emotions by their labels, for spaCy's displaCy."""
    return {label: tone(label).fill for label in _KNOWN}


def _readable(hue: int, saturation: float, ground: str, enough: float, *, step: float) -> str:
    lightness = 0.5
    while True:
        channels = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
        colour = "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
        if contrast(colour, ground) >= enough:
            return colour
        lightness += step


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
