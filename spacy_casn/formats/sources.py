"""Files to be read, and how much of them has been."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass
class Source:
    """A file, or stdin where the path is None.

    `done` counts the bytes that have been read; readers keep it up to date.
    """

    path: Path | None
    done: int = 0

    @property
    def name(self) -> str:
        """What errors call it."""
        return "stdin" if self.path is None else str(self.path)

    @property
    def stem(self) -> str:
        """The name of the file without its ending."""
        return "stdin" if self.path is None else self.path.stem

    @property
    def size(self) -> int | None:
        """In bytes; None where it can't be known."""
        return None if self.path is None else self.path.stat().st_size

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The bytes, from the first one; stdin stays open afterwards."""
        self.done = 0
        if self.path is None:
            yield sys.stdin.buffer
        else:
            with self.path.open("rb") as file:
                yield file

    @contextmanager
    def opened_to_seek(self) -> Iterator[BinaryIO]:
        """The bytes in any order; stdin is copied to a temporary file first."""
        with self.opened() as file:
            if self.path is not None:
                yield file
                return
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy)
                copy.seek(0)
                yield copy

    def read_to(self, file: BinaryIO) -> None:
        """Note how far a file has been read."""
        if self.path is not None:
            self.done = file.tell()
