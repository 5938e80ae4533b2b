"""Dialogues and turns that stand in a corpus more than once."""

import hashlib
import re
from collections.abc import Iterable

_LETTERS = re.compile(r"[^\W_]+")


def dialogue_digest(turns: Iterable[str]) -> bytes:
    """Return 16 bytes that tell a dialogue's turns, whatever its speakers and emotions."""
    text = "\n".join(turns)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def letters(text: str) -> str:
    """Return the text in lower case without spaces and punctuation, unless it has nothing else."""
    return "".join(_LETTERS.findall(text.casefold())) or text
