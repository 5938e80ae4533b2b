"""What a corpus is."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ..data.types import Dialogue
from ..formats.faults import Faults

SPLITS = ("train", "dev", "test")


Splits = dict[str, list[Dialogue]]


class Source(Protocol):
    """A kind of corpus: which files it has, and how to read them."""

    FILES: dict[str, str]
    """The file of each split."""
    MD5: dict[str, str]
    """Known sums of the files, by name."""

    def read(self, folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
        """The dialogues of one split, in order; `faults` hears of what was bad or repaired."""
        ...


def verify(source: Source, folder: Path) -> None:
    """Raises ValueError unless the files are those whose sums are known."""
    for name, expected in source.MD5.items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found != expected:
            raise ValueError(
                f"'{folder / name}' has the md5 sum {found}, but the official file has "
                f"{expected}: fetch it again, or pass --no-checksums to convert it all the same."
            )
