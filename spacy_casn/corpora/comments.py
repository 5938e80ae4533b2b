"""Comments and other single texts as dialogues of one turn."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..data.types import Dialogue
from ..formats.encoding import decoded
from ..storage.shown import quoted
from .labels import equal_shares, most_probable


def comment(text: str, labels: Sequence[str], place: str) -> Dialogue:
    """Return the dialogue of one text, whose labels have equal shares."""
    shares = equal_shares(labels)
    return Dialogue(
        [text], [""], [most_probable(shares)], place, shares=[shares] if len(labels) > 1 else ()
    )


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a UTF-8 file that hold anything, each with its place.

    Raises:
        ValueError: it is no UTF-8.
    """
    text = decoded(path.read_bytes(), str(path), "fetch the file again")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield line.rstrip("\r"), f"{path}, line {number}"


def named_labels(numbers: str, names: Sequence[str], place: str, *, first: int = 0) -> list[str]:
    """Return the names of labels that stand as numbers between commas.

    Args:
        numbers: Such as "3, 17".
        names: Those of the numbers, in order.
        place: Where it was read.
        first: The first name's number.

    Raises:
        ValueError: one is no number of a name.
    """
    found = []
    for part in map(str.strip, numbers.split(",")):
        if not (part.isdecimal() and first <= int(part) < first + len(names)):
            raise ValueError(
                f"{place}: the label {quoted(part)} is none of {first} to "
                f"{first + len(names) - 1}: correct the line."
            )
        found.append(names[int(part) - first])
    return found


def percentile(text: str) -> int:
    """Return a number from 0 to 99 that depends on the text alone, to split a corpus by."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100


def held_in(dialogues: Iterable[Dialogue], percentiles: range) -> Iterator[Dialogue]:
    """Yield the dialogues of one turn whose texts' percentile is among these."""
    return (dialogue for dialogue in dialogues if percentile(dialogue.turns[0]) in percentiles)
