"""How much of a file is held in memory at once: settings, as environment variables."""

import os

_MIB = 2**20


def max_line() -> int:
    """Return the longest line or table row in bytes: `SPACY_CASN_MAX_LINE`, by default 64 MiB."""
    return _size("SPACY_CASN_MAX_LINE", 64 * _MIB)


def max_file() -> int:
    """Return the largest file in bytes, unpacked, that is read as a whole: `SPACY_CASN_MAX_FILE`.

    256 MiB by default; it holds for texts and for members of archives. What is read bit by bit,
    such as JSON lines and tables, may be of any size.
    """
    return _size("SPACY_CASN_MAX_FILE", 256 * _MIB)


def _size(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{variable} = {value!r}: give a number of bytes, at least 1.")
    return int(value)
