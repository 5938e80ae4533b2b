"""Files and folders that are either whole or not there, and temporary ones."""

import os
import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


class TemporaryFolder:
    """A folder that is there as long as this object is."""

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="spacy-casn-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it at the end unless an error came up.

    The caller writes a file there, or makes a folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        temporary.unlink(missing_ok=True)


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
