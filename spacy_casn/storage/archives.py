"""Reads archives from who knows where: in memory, and no more than memory holds."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from .errors import first_line
from .limits import max_file

MAX_RATIO = 200
MIN_CHECKED = 64 * 2**20
"""Bytes; what unpacks to less is harmless, however well it was packed."""
_STEP = 2**20


def read_member(archive: Path, member: str) -> bytes:
    """Return what one member of a zip archive holds; nothing is written to disk.

    Raises:
        ValueError: the archive is damaged, has no such member, or it is too long.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
            if member not in names:
                held = ", ".join(names[:5]) or "nothing"
                raise ValueError(
                    f"'{archive}' has no {member}, but {held}: give the archive as it was "
                    f"published, or if it lies in that one, unpack that one first."
                )
            size = opened.getinfo(member).file_size
            if size > max_file():
                raise ValueError(
                    f"'{archive}': {member} would unpack to {size:,} bytes, more than the "
                    f"{max_file():,} that SPACY_CASN_MAX_FILE allows: fetch the archive again."
                )
            return opened.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(
            f"'{archive}': {member} can't be read ({error}): fetch the archive again."
        ) from error


def read_gzip(path: Path) -> bytes:
    """Return what a gzipped file holds; nothing is written to disk.

    Raises:
        ValueError: it is damaged or too long.
    """
    try:
        with gzip.open(path) as file:
            data = file.read(max_file() + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"'{path}' can't be unpacked ({error}): fetch it again.") from error
    if len(data) > max_file():
        raise ValueError(
            f"'{path}' would unpack to more than the {max_file():,} bytes that SPACY_CASN_MAX_FILE "
            f"allows: fetch it again."
        )
    return data


class Unpacked(io.RawIOBase):
    """The bytes of a packed file, as long as they are no more than dialogues unpack to.

    Args:
        unpacked: What is read.
        packed: The file that it is unpacked from.
        name: What errors call it.
    """

    def __init__(self, unpacked: BinaryIO, packed: BinaryIO, name: str) -> None:
        self._unpacked = unpacked
        self._packed = packed
        self._name = name
        self._size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; raises ValueError for a damaged file, or one that grows beyond bounds.

        What is packed may be read ahead, never behind.
        """
        try:
            data = self._unpacked.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"'{self._name}' can't be unpacked ({first_line(error)}): fetch it again."
            ) from error
        self._size += len(data)
        check_growth(self._size, self._packed.tell(), self._name)
        buffer[: len(data)] = data
        return len(data)


def check_expansion(packed: bytes, name: str) -> None:
    """Refuse zlib data that unpack to far more than any dialogues would.

    Damaged ones pass: whoever unpacks them in earnest says so.

    Args:
        packed: The data.
        name: What the message calls them.

    Raises:
        ValueError: they unpack to more than `MAX_RATIO` times their size.
    """
    size = 0
    for piece in _unpacked(packed):
        size += len(piece)
        check_growth(size, len(packed), name)


def check_growth(size: int, packed: int, name: str) -> None:
    """Refuse what has unpacked to far more than any dialogues would.

    Args:
        size: Bytes unpacked so far.
        packed: Those that they were unpacked from.
        name: What the message calls it.

    Raises:
        ValueError: they are more than `MAX_RATIO` times as many.
    """
    allowed = max(MIN_CHECKED, MAX_RATIO * packed)
    if size > allowed:
        raise ValueError(
            f"'{name}' unpacks to more than {allowed:,} bytes, over {MAX_RATIO} times its own "
            f"{packed:,}, which no dialogues do: make it anew."
        )


def _unpacked(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    with suppress(zlib.error):
        while packed:
            yield unpacker.decompress(packed, _STEP)
            packed = unpacker.unconsumed_tail
