"""What all corpora have in common."""

from ..data.types import Dialogue

SPLITS = ("train", "dev", "test")

Splits = dict[str, list[Dialogue]]
