"""Files and folders that are either whole or not there, and temporary ones."""

import errno
import glob
import itertools
import os
import re
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
_FULL = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there",
    errno.EFBIG: "give a place where files may be as large",
}
"""Errors of a disk that has no room, each with what helps."""
_NUMBER = re.compile(r"(?:\[Errno |os error )(\d+)")
_CUT_SHORT = re.compile(r"^\d+ requested and \d+ written$")
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
    if is_stream(path):
        with naming_a_full_disk(path):
            yield path
        return
    with _replaced(Path(os.path.realpath(path))) as temporary, naming_a_full_disk(path, temporary):
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
def naming_a_full_disk(name: str | Path, temporary: Path | None = None) -> Iterator[None]:
    """Say of a full disk what it has no room for, and what to do.

    Args:
        name: What is written.
        temporary: What it is called until it is whole.

    Raises:
        OSError: the disk is full, in place of what Python or another library raised.
    """
    try:
        yield
    except Exception as error:  # tokenizers raises it bare
        number = _full_disk(error)
        if number is None or not _is_within(error, temporary):
            raise
        told = f"{os.strerror(number)}, so it can't be written: {_FULL[number]} and run again"
        raise OSError(number, told, str(name)) from error


def _full_disk(error: Exception) -> int | None:
    """Return the system's number of an error where it says that a disk is full, else None.

    Libraries in Rust, and `shutil.copytree`, tell it in their text alone, and NumPy how much of
    an array there was room for.
    """
    number = getattr(error, "errno", None)
    if number is None and isinstance(error, OSError) and _CUT_SHORT.search(str(error)):
        return errno.ENOSPC
    if number is None:
        told = _NUMBER.search(str(error))
        number = told and int(told[1])
    return number if number in _FULL else None


def _is_within(error: Exception, temporary: Path | None) -> bool:
    """Return whether an error may be about this file: it names it, or none at all."""
    names = [getattr(error, name, None) for name in ("filename", "filename2")]
    named = [str(name) for name in names if name is not None]
    return not named or (
        temporary is not None and any(name.startswith(str(temporary)) for name in named)
    )


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
