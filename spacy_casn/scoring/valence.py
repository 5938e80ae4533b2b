"""How good an emotion feels, for orders and moods: a convention, from 1 to -1, 0 for neither."""

from collections.abc import Iterable

VALENCES = {
    1.0: ("happiness", "happy", "joy", "joyful", "love", "excitement", "excited", "gratitude"),
    0.6: ("peaceful", "powerful", "calm", "relief", "caring", "amusement", "optimism", "pride"),
    0.3: ("anticipation", "trust", "curiosity", "admiration", "approval"),
    0.0: ("surprise", "surprised", "", "no emotion", "neutral", "none", "other"),
    -0.6: ("fear", "fearful", "scared", "nervousness", "confusion", "embarrassment"),
    -0.7: ("sadness", "sad", "grief", "disappointment", "remorse"),
    -0.8: ("disgust", "disgusted", "frustration", "frustrated", "annoyance", "disapproval"),
    -1.0: ("anger", "angry", "mad", "rage"),
}
NEUTRAL = ("", "no emotion", "neutral", "none", "other")
"""What a turn without emotion is called."""

_KNOWN = {label: value for value, labels in VALENCES.items() for label in labels}


def is_neutral(label: str) -> bool:
    """Return whether the label says that there is no emotion."""
    return label.strip().lower() in NEUTRAL


def valence(label: str) -> float:
    """Return how good an emotion feels, from 1 to -1; 0 for one that isn't known."""
    return _KNOWN.get(label.strip().lower(), 0.0)


def by_valence(labels: Iterable[str]) -> list[str]:
    """Return the labels from the best feeling to the worst, those of one valence by name.

    Where there is no emotion comes behind all else that feels neither good nor bad.
    """
    return sorted(set(labels), key=_place)


def _place(label: str) -> tuple[float, bool, str]:
    return -valence(label), is_neutral(label), label
