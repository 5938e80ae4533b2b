"""Files in a cloud's store, by URLs as fsspec knows them: listed, fetched, put there whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any


def is_url(name: str) -> bool:
    """Return whether it is a URL, such as "s3://bucket/chats", and no path."""
    return "://" in name


def joined(folder: str, name: str) -> str:
    """Return what a file in a folder is called, a path's or a URL's."""
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder, name))


def listed(folder: str) -> dict[str, int]:
    """Return the names of a folder's files, with their bytes; none where there is no such folder.

    Raises:
        ValueError: the store can't be reached, with its reason.
    """
    try:
        store, root = _store(folder)
        if not store.exists(root):
            return {}
        return {
            PurePosixPath(each["name"]).name: each["size"] or 0
            for each in store.ls(root, detail=True)
            if each["type"] == "file" and each["name"].strip("/") != root.strip("/")
        }
    except Exception as error:  # each store has errors of its own
        raise ValueError(
            f"'{folder}' can't be listed ({type(error).__name__}: {error}): see that the store's "
            f"package is installed, and what it wants to know, its credentials say, is set."
        ) from error


@contextmanager
def at_hand(source: str, output: str) -> Iterator[tuple[Path, Path]]:
    """Give paths on this machine's disk for a file to read and one to write, either maybe a URL.

    What is read by a URL is copied before. What is written for one is put into the store when
    the block ends: first the side file, then the output, if there is one.
    """
    with TemporaryDirectory(prefix="spacy-casn-") as temporary:
        read, written = Path(source), Path(output)
        if is_url(source):
            read = Path(temporary, "read", read.name)
            fetch(source, read)
        if not is_url(output):
            yield read, written
            return
        written = Path(temporary, "written", written.name)
        written.parent.mkdir()
        try:
            yield read, written
        finally:
            store, root = _store(output)
            for path in sorted(written.parent.iterdir(), key=written.__eq__):
                store.put_file(str(path), f"{root.removesuffix(written.name)}{path.name}")


def fetch(source: str, path: Path) -> None:
    """Copy a store's file to a path, whose folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store, root = _store(source)
    store.get_file(root, str(path))


def _store(url: str) -> tuple[Any, str]:
    """Return what knows a URL's files, and how it calls this one."""
    import fsspec

    return fsspec.url_to_fs(url)
