"""Files to be read, and how much of them has been."""

import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..storage.archives import Unpacked
from ..storage.limits import max_file

HEAD = 64 * 1024
"""Bytes by which a file's format is recognised."""
COMPRESSED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
"""What files begin with that hold another one, by their ending."""


@dataclass
class Source:
    """A file, or stdin where the path is None; what is compressed (.gz, .zst) is unpacked.

    A pipe under a name, as `<(command)` gives it, is read once, as stdin is.

    `done` counts the bytes that have been read; readers keep it up to date by `read_to`.
    """

    path: Path | None
    done: int = 0
    _raw: BinaryIO | None = field(default=None, init=False, repr=False)
    _pipe: BinaryIO | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """What errors call it."""
        return "stdin" if self.path is None else str(self.path)

    @property
    def stem(self) -> str:
        """The name of the file without its ending."""
        return Path(unpacked_name(self.path)).stem if self.path is not None else "stdin"

    @property
    def ending(self) -> str:
        """The ending in lower case, ".csv" for "calls.csv.gz" too; "" for none."""
        return Path(unpacked_name(self.path)).suffix.lower() if self.path is not None else ""

    @property
    def size(self) -> int | None:
        """In bytes; None where it can't be known."""
        return None if self.path is None or self.is_stream else self.path.stat().st_size

    @cached_property
    def is_stream(self) -> bool:
        """Whether it can be read only once."""
        return self.path is None or not stat.S_ISREG(self.path.stat().st_mode)

    @property
    def is_live(self) -> bool:
        """Whether it is stdin that somebody is still writing to: a pipe or a terminal."""
        try:
            return self.path is None and not stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)
        except OSError:  # a program has put something else in the place of stdin
            return False

    def head(self) -> bytes:
        """Return the first bytes, unpacked: at most `HEAD`, all where there are fewer.

        Of a stream they are there again for whoever reads it.
        """
        if not self.is_stream:
            with self.opened() as file:
                return file.read(HEAD)
        stream: Any = self._stream()
        if hasattr(stream, "peek"):
            return stream.peek(HEAD)[:HEAD]
        start = stream.tell()
        head = stream.read(HEAD)
        stream.seek(start)
        return head

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give the bytes, from the first one; stdin stays open afterwards.

        Raises:
            ValueError: something was written to the file before all of it was read.
        """
        self.done = 0
        if self.path is None:
            yield self._stream()
            return
        with (
            self._stream() if self.is_stream else self.path.open("rb") as raw,
            nullcontext() if self.is_stream else self._unchanged(raw),
        ):
            self._raw = raw
            start = raw.peek(4)
            if start.startswith(COMPRESSED[".gz"]):
                with gzip.open(raw) as unpacked:
                    yield self._bounded(unpacked, raw)
            elif start.startswith(COMPRESSED[".zst"]):
                with _zstandard(self.name).open(raw) as unpacked:
                    yield self._bounded(unpacked, raw)
            else:
                yield raw

    @contextmanager
    def opened_to_seek(self) -> Iterator[BinaryIO]:
        """Give the bytes in any order; what is no plain file is copied to a temporary one first."""
        with self.opened() as file:
            if not self.is_stream and file is self._raw:
                yield file
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy)
                copy.seek(0)
                yield copy

    def whole(self) -> bytes:
        """Return all bytes; raises ValueError for more than `SPACY_CASN_MAX_FILE` allows."""
        with self.opened() as file:
            data = file.read(max_file() + 1)
            self.read_to()
        if len(data) > max_file():
            raise ValueError(
                f"{self.name}: it holds more than {max_file():,} bytes: part it, or set the "
                f"environment variable SPACY_CASN_MAX_FILE to the bytes that it may have."
            )
        return data

    def read_to(self) -> None:
        """Note how far the file has been read."""
        if not self.is_stream and self._raw is not None:
            self.done = self._raw.tell()

    def _stream(self) -> Any:
        if self.path is not None:
            if self._pipe is None:
                self._pipe = self.path.open("rb", HEAD)
            return self._pipe
        if sys.stdin is None:
            raise ValueError("There is no stdin to read: it is closed; give a file.")
        return sys.stdin.buffer

    @contextmanager
    def _unchanged(self, file: BinaryIO) -> Iterator[None]:
        before = os.fstat(file.fileno())
        yield
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ValueError(
                f"{self.name}: it was written to while it was read, so that what was read may be "
                f"of no one state of it: run again when it is whole, or give a copy."
            )

    def _bounded(self, unpacked: Any, packed: Any) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(Unpacked(unpacked, packed, self.name), HEAD))


def unpacked_name(path: Path) -> str:
    """Return the file's name without the ending that says how it is compressed."""
    return path.stem if path.suffix.lower() in COMPRESSED else path.name


def _zstandard(name: str) -> Any:
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise ValueError(
            f"'{name}' is compressed by Zstandard, which needs a package: "
            f"`pip install spacy-casn[zstd]`."
        ) from error
    return zstandard
