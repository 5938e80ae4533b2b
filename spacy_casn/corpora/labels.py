"""What the labels of a corpus say about others: a label may stand for shares of several."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import isclose
from pathlib import Path

from ..data.types import Dialogue
from ..storage.shown import quoted

SHARED = ("anger", "disgust", "fear", "happiness", "no emotion", "sadness", "surprise")
"""The labels that all corpora are converted to."""
TABLE = Path(__file__).with_name("labels.toml")

Shares = Mapping[str, float]
"""Labels with their shares of a turn, which add up to 1; empty for none."""
LabelMap = Mapping[str, Shares]
"""The shares that each label of a corpus stands for."""


def shared(corpus: str) -> LabelMap:
    """Return what the labels of a corpus say about `SHARED`, by the table `labels.toml`."""
    return read_maps(TABLE)[corpus]


@cache
def read_maps(path: Path) -> dict[str, LabelMap]:
    """Read the label maps of corpora, by name.

    Raises:
        ValueError: the file isn't TOML, a label is none of `SHARED`, or shares don't add up to 1.
    """
    try:
        maps = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"'{path}' is no TOML: {error}.") from error
    for corpus, labels in maps.items():
        for label, shares in labels.items():
            place = f"'{path}', [{corpus}], {label}"
            if unknown := sorted(shares.keys() - set(SHARED)):
                raise ValueError(
                    f"{place}: '{unknown[0]}' is none of the shared labels: give some of "
                    f"{', '.join(SHARED)}."
                )
            if shares and not (min(shares.values()) > 0 and isclose(sum(shares.values()), 1)):
                raise ValueError(
                    f"{place}: the shares are {list(shares.values())}: give positive ones that "
                    f"add up to 1, or none at all."
                )
    return maps


def equal_shares(labels: Sequence[str]) -> dict[str, float]:
    """Return the shares of labels none of which counts more than another."""
    return {label: 1 / len(labels) for label in labels}


def most_probable(shares: Shares) -> str:
    """Return the label with the largest share, the alphabet's first of equal ones, "" for none."""
    return max(sorted(shares), key=shares.__getitem__, default="")


def shares_of(dialogue: Dialogue) -> Sequence[Shares]:
    """Return the shares of each turn, also where each has a label of its own."""
    return dialogue.shares or [{label: 1.0} if label else {} for label in dialogue.emotions]


def mapped(dialogue: Dialogue, label_map: LabelMap) -> Dialogue:
    """Return the dialogue with its labels replaced; those that the map lacks are kept.

    Masked labels, which stand for nothing, leave their share to the turn's others.
    """
    shares = [_replaced(found, label_map) for found in shares_of(dialogue)]
    return replace(
        dialogue,
        emotions=[most_probable(found) for found in shares],
        shares=shares if any(len(found) > 1 for found in shares) else (),
    )


def check_known(dialogue: Dialogue, label_map: LabelMap, title: str) -> None:
    """Raise ValueError for a label that the map of the corpus with this title lacks."""
    for number, found in enumerate(shares_of(dialogue), 1):
        if unknown := found.keys() - label_map.keys():
            raise ValueError(
                f"{dialogue.place}: the label {quoted(min(unknown))} of turn {number} is none that "
                f"{title} is known to have: correct it, or add it to the label map."
            )


def proposed(label: str, known: Sequence[str]) -> str:
    """Return which of the known labels says the same as one that isn't, "" if none surely does.

    What labels say is taken from the table of the corpora: joy is happiness, neutral is
    no emotion.
    """
    meaning = _meaning(label)
    found = [name for name in known if _meaning(name) == meaning]
    return found[0] if len(found) == 1 else ""


def labels_of(dialogues: Iterable[Dialogue]) -> set[str]:
    """Return all labels that occur."""
    return {label for dialogue in dialogues for found in shares_of(dialogue) for label in found}


def _meaning(label: str) -> str:
    label = label.strip().lower()
    for labels in read_maps(TABLE).values():
        if label in labels:
            return most_probable(labels[label]) or label
    return label


def _replaced(shares: Shares, label_map: LabelMap) -> dict[str, float]:
    found: dict[str, float] = {}
    for label, share in shares.items():
        for new, part in label_map.get(label, {label: 1.0}).items():
            found[new] = found.get(new, 0.0) + share * part
    total = sum(found.values())
    return {label: share / total for label, share in found.items()}
