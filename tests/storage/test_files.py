import errno
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from spacy_casn.storage import files
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
    [left] = names(tmp_path)
    assert left.startswith(f".o[u]t.{files._HERE}.")
    assert left.endswith(f".{child}.part")
    (tmp_path / f".o[u]t.{child}.former").write_text("x", encoding="utf-8")
    (tmp_path / f".o[u]t.{os.getpid()}.part").mkdir()  # another process had that number
    (tmp_path / f".o[u]t.{os.getppid()}.part").mkdir()  # at work
    (tmp_path / ".o[u]t.mine.part").mkdir()
    write(path, "new")
    assert names(tmp_path) == [f".o[u]t.{os.getppid()}.part", ".o[u]t.mine.part", "o[u]t"]


@pytest.mark.parametrize("folder", [False, True])
def test_of_two_that_write_to_one_path_both_do_it_whole(tmp_path: Path, folder: bool) -> None:
    both = Barrier(2)

    def put(name: str) -> None:
        for _ in range(50):
            with replaced_when_whole(tmp_path / "out") as temporary:
                if folder:
                    temporary.mkdir()
                file = temporary / "file" if folder else temporary
                file.write_text(name * 1000, encoding="utf-8")
                both.wait(30)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, "ab"))
    assert names(tmp_path) == ["out"]
    file = tmp_path / "out" / "file" if folder else tmp_path / "out"
    assert file.read_text(encoding="utf-8") in ("a" * 1000, "b" * 1000)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    for target in ("real/out", "real/new"):
        link = tmp_path / Path(target).name
        link.symlink_to(target)
        write(link, "new")
        assert link.is_symlink()
        assert (tmp_path / target).read_text(encoding="utf-8") == "new"
    assert names(tmp_path / "real") == ["new", "out"]


@pytest.mark.skipif(os.name != "posix", reason="it needs named pipes")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_text, encoding="utf-8")
        write(path, "streamed")
        assert read.result() == "streamed"
    assert path.is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="it needs sockets with a path")
def test_a_socket_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the paths of sockets must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("server")
        with pytest.raises(ValueError, match=r"'server' is a socket.*give a file"):
            write(Path("server"), "lost")


FULL = "No space left on device, so it can't be written: free some space there and run again:"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs a disk that is always full")
def test_a_full_disk_is_named() -> None:
    with pytest.raises(
        OSError,
        match=rf"{FULL} .*'/dev/full'",
    ):
        write(Path("/dev/full"), "lost")
    assert Path("/dev/full").is_char_device()


def test_a_full_disk_is_named_for_files_too(tmp_path: Path) -> None:
    def fill() -> None:
        with replaced_when_whole(tmp_path / "out"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=rf"{FULL} .*out'"):
        fill()
