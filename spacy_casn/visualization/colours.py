"""One colour an emotion, which can be read on light and on dark ground."""

import colorsys
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#14171c"
"""What stands on a tone, and what a tone stands on: `--casn-on-tone` of the style sheet."""
LIGHT_CONTRAST, DARK_CONTRAST = 5.0, 7.0
"""WCAG 2 wants 4.5 for text (AA)."""
SATURATION = 0.7

HUES = {
    4: ("anger", "angry", "mad", "rage"),
    20: ("frustration", "frustrated", "annoyance"),
    42: ("happiness", "happy", "joy", "joyful"),
    60: ("excitement", "excited"),
    95: ("disgust", "disgusted"),
    165: ("peaceful", "calm", "relief"),
    185: ("anticipation", "curiosity"),
    215: ("sadness", "sad", "grief"),
    275: ("fear", "fearful", "scared", "nervousness"),
    322: ("surprise", "surprised"),
    345: ("love", "caring"),
}
NEUTRAL = ("", "no emotion", "neutral", "none", "other")

_KNOWN = {label: hue for hue, labels in HUES.items() for label in labels}


class Tone(NamedTuple):
    """A colour in two shades, as `#rrggbb`."""

    light: str
    """For light ground; white text on it can be read."""
    dark: str
    """For dark ground; dark text on it can be read."""


@lru_cache(maxsize=4096)
def tone(label: str) -> Tone:
    """Return the colour of an emotion: always the same for the same name, grey for none."""
    name = label.strip().lower()
    saturation = 0.0 if name in NEUTRAL else SATURATION
    hue = _KNOWN.get(name)
    if hue is None:
        hue = crc32(name.encode("utf-8", "surrogatepass")) % 360
    return Tone(
        _readable(hue, saturation, LIGHT_GROUND, LIGHT_CONTRAST, step=-0.01),
        _readable(hue, saturation, DARK_GROUND, DARK_CONTRAST, step=0.01),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


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
