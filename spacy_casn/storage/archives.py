"""Reads archives from who knows where: in memory, and no more than memory holds."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAX_MEMBER = 256 * 2**20
"""Bytes of a member; the longest of the corpora that come as archives has seven million."""
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
            if size > MAX_MEMBER:
                raise ValueError(
                    f"'{archive}': {member} would unpack to {size:,} bytes, more than the "
                    f"{MAX_MEMBER:,} that are allowed: fetch the archive again."
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
            data = file.read(MAX_MEMBER + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"'{path}' can't be unpacked ({error}): fetch it again.") from error
    if len(data) > MAX_MEMBER:
        raise ValueError(
            f"'{path}' would unpack to more than the {MAX_MEMBER:,} bytes that are allowed: fetch "
            f"it again."
        )
    return data


def check_expansion(packed: bytes, name: str) -> None:
    """Refuse zlib data that unpack to far more than any dialogues would.

    Damaged ones pass: whoever unpacks them in earnest says so.

    Args:
        packed: The data.
        name: What the message calls them.

    Raises:
        ValueError: they unpack to more than `MAX_RATIO` times their size.
    """
    allowed = max(MIN_CHECKED, MAX_RATIO * len(packed))
    size = 0
    for piece in _unpacked(packed):
        size += len(piece)
        if size > allowed:
            raise ValueError(
                f"'{name}' unpacks to more than {allowed:,} bytes, over {MAX_RATIO} times its own "
                f"{len(packed):,}, which no dialogues do: make it anew."
            )


def _unpacked(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    with suppress(zlib.error):
        while packed:
            yield unpacker.decompress(packed, _STEP)
            packed = unpacker.unconsumed_tail
