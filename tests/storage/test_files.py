import os
import signal
from pathlib import Path

import pytest

from spacy_casn.storage.files import replaced_when_whole


def write(path: Path, text: str) -> None:
    with replaced_when_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_folder(path: Path, *names: str) -> None:
    with replaced_when_whole(path) as temporary:
        temporary.mkdir()
        for name in names:
            (temporary / name).write_text(name, encoding="utf-8")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out"
    write(path, "old")
    with replaced_when_whole(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert names(path.parent) == ["out"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", "a", "b")
    write_folder(tmp_path / "out", "c")
    assert names(tmp_path / "out") == ["c"]
    assert names(tmp_path) == ["out"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    def fail() -> None:
        with replaced_when_whole(tmp_path / "out") as temporary:
            temporary.write_text("new", encoding="utf-8")
            raise OSError("disk")

    write(tmp_path / "out", "old")
    with pytest.raises(OSError, match="disk"):
        fail()
    assert (tmp_path / "out").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(os.name != "posix", reason="it needs fork")
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "o[u]t"
    child = os.fork()
    if child == 0:
        with replaced_when_whole(path) as temporary:
            temporary.mkdir()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert names(tmp_path) == [f".o[u]t.{child}.part"]
    (tmp_path / f".o[u]t.{child}.former").write_text("x", encoding="utf-8")
    (tmp_path / f".o[u]t.{os.getpid()}.part").mkdir()  # another process had that number
    (tmp_path / f".o[u]t.{os.getppid()}.part").mkdir()  # at work
    (tmp_path / ".o[u]t.mine.part").mkdir()
    write(path, "new")
    assert names(tmp_path) == [f".o[u]t.{os.getppid()}.part", ".o[u]t.mine.part", "o[u]t"]
