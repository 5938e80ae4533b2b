"""What a reader of a corpus gives: dialogues, and what it met on the way."""

from dataclasses import dataclass
from typing import NamedTuple

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Dialogue:
    """One dialogue, turn by turn; "" stands for an unknown speaker or an unlabelled turn."""

    turns: list[str]
    speakers: list[str]
    emotions: list[str]


class Problem(NamedTuple):
    """Something that was repaired, and where."""

    place: str
    repair: str


Splits = dict[str, list[Dialogue]]
