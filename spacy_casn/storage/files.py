"""Files and folders that are either whole or not there, and temporary ones."""

import errno
import glob
import itertools
import os
import secrets
import shutil
import stat
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

_HERE = secrets.token_hex(4)
"""Tells this process from one of another machine that has the same number, and the same disk."""
_NUMBERS = itertools.count()
"""Tell apart what threads of this process write to the same path."""


class TemporaryFolder:
    """A folder that is there as long as this object is."""

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="spacy-casn-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, renamed to it at the end unless an error came up.

    The caller writes a file there, or makes a folder. What was at `path` stays until then. A
    process that is killed leaves the temporary one behind; the next that writes to `path`
    removes it. A symbolic link stays one, and what it leads to is replaced. A pipe or a device is
    written to as it is: there is no temporary path.

    Raises:
        ValueError: `path` is a socket or a disk, which can't be replaced or written to safely.
        OSError: the disk is full, with the path.
    """
    with naming_a_full_disk(path):
        if is_stream(path):
            yield path
            return
        with _replaced(Path(os.path.realpath(path))) as temporary:
            yield temporary


def is_stream(path: Path) -> bool:
    """Return whether there is something that takes bytes one after the other: a pipe, a terminal.

    Raises:
        ValueError: there is a socket or a disk.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):  # nothing is there
            return False
        raise
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        kind = "socket" if stat.S_ISSOCK(mode) else "disk"
        raise ValueError(f"'{path}' is a {kind}, which nothing is written over: give a file.")
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_behind(path)
    temporary = _hidden(path, "part")
    try:
        yield temporary
        _put(temporary, path)
    finally:
        _remove(temporary)


def _put(temporary: Path, path: Path) -> None:
    """Rename what is whole; of several that do so at the same time, the last one's stays."""
    while True:
        if path.is_dir():
            with suppress(FileNotFoundError):  # another has just done it
                remove_whole(path)
        try:
            temporary.replace(path)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR):
                raise  # else another has just put a folder there


@contextmanager
def naming_a_full_disk(name: str | Path) -> Iterator[None]:
    """Put a file's name into the error of a full disk that has none."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) and error.filename is None:
            raise OSError(error.errno, os.strerror(error.errno), str(name)) from error
        raise


def remove_whole(folder: Path) -> None:
    """Remove a folder: a process that is killed meanwhile leaves no half of it under its name."""
    former = _hidden(folder, "former")
    folder.rename(former)
    shutil.rmtree(former)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths within a folder.

    Raises:
        ValueError: a path leads out of the folder.
    """
    for name, content in files.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError(
                f"The saved pipeline would write '{name}' outside of its own folder: get it again."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _hidden(path: Path, kind: str) -> Path:
    number = next(_NUMBERS)
    return path.with_name(f".{path.name}.{_HERE}.{number}.{os.getpid()}.{kind}")


def _remove_left_behind(path: Path) -> None:
    """Remove what processes that have ended meant to become `path`."""
    for kind in ("part", "former"):
        for other in path.parent.glob(f".{glob.escape(path.name)}.*.{kind}"):
            process = other.name.removesuffix(f".{kind}").rpartition(".")[2]
            if process.isdecimal() and not _at_work(int(process), other.name):
                _remove(other)


def _at_work(process: int, name: str) -> bool:
    if process == os.getpid():  # another thread's, unless the number was another process' before
        return f".{_HERE}." in name
    if os.name != "posix":  # there the question itself would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
