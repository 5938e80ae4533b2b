"""Dialogues that stand in a corpus more than once."""

import hashlib
from collections.abc import Iterable


def normalized(text: str) -> str:
    """The text in lower case, with single spaces: what two equal turns share."""
    return " ".join(text.casefold().split())


def dialogue_digest(turns: Iterable[str]) -> bytes:
    """16 bytes that are the same for dialogues that say the same, apart from case and spaces.

    Speakers and emotions don't count.
    """
    text = "\n".join(map(normalized, turns))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
