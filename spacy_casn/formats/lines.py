"""Lines of files from who knows where, whose length is bounded."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..storage.limits import max_line
from .faults import Faults


def bounded_lines(file: BinaryIO, name: str | Path, faults: Faults) -> Iterator[bytes]:
    """Give the lines of a file; one that is too long goes to the faults, and is empty here.

    Args:
        file: From its beginning.
        name: What errors call it.
        faults: Hears of lines that are longer than `SPACY_CASN_MAX_LINE` says.
    """
    longest = max_line()
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) <= longest:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(longest)
        faults.add(too_long(f"{name}, line {number}"), None)
        yield b"\n"


def too_long(place: str) -> ValueError:
    """Return what is to be said of a line or row that is longer than is allowed."""
    return ValueError(
        f"{place}: it is longer than {max_line():,} bytes: break it up, or set the environment "
        f"variable SPACY_CASN_MAX_LINE to the bytes that it may have."
    )
