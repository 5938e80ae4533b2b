"""A saved folder that is read later, wherever it is then."""

import os
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .files import TemporaryFolder
from .integrity import Sums, check_files

_CHUNK = 1 << 20


class HeldFolder:
    """Holds a folder's files open, so that they can be read when it was moved or deleted.

    Args:
        path: The folder.
        sums: Those of its files, which are checked when it is read.
    """

    def __init__(self, path: Path, sums: Sums | None = None) -> None:
        self.path = path
        self._sums = dict(sums or {})
        files = sorted(file for file in path.rglob("*") if file.is_file())
        self._open = {
            file.relative_to(path): os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            for file in files
        }
        self._copy: TemporaryFolder | None = None
        weakref.finalize(self, _close, list(self._open.values()))

    def __getstate__(self) -> dict[str, Any]:
        """Name the folder alone: another process can't take over open files, but can read it."""
        return {**self.__dict__, "path": self.read(), "_open": {}}

    def read(self) -> Path:
        """Return a folder with the files as they were when it was taken hold of.

        Raises:
            ValueError: a file hasn't its sum.
        """
        if not all(_is_there(self.path / name, file) for name, file in self._open.items()):
            self._copy = TemporaryFolder()
            self.path = self._copy.path
            for name, file in self._open.items():
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                with (self.path / name).open("wb") as copy:
                    for place in range(0, os.fstat(file).st_size, _CHUNK):
                        # The position of an open file is shared with processes that forked.
                        copy.write(os.pread(file, _CHUNK, place))
            self._open = {}
        check_files(self.path, self._sums)
        self._sums = {}
        return self.path


def _is_there(path: Path, file: int) -> bool:
    return path.is_file() and os.path.samestat(path.stat(), os.fstat(file))


def _close(files: Iterable[int]) -> None:
    for file in files:
        os.close(file)
