import pickle
import shutil
from pathlib import Path

import pytest

from spacy_casn.storage.held_folder import HeldFolder
from spacy_casn.storage.integrity import sum_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "encoder" / "deep").mkdir(parents=True)
    (tmp_path / "encoder" / "weights").write_bytes(b"w" * 3_000_000)
    (tmp_path / "encoder" / "deep" / "config").write_text("{}")
    return tmp_path / "encoder"


def assert_whole(folder: Path) -> None:
    assert (folder / "weights").read_bytes() == b"w" * 3_000_000
    assert (folder / "deep" / "config").read_text() == "{}"


def test_what_lies_where_it_lay_is_not_copied(folder: Path) -> None:
    assert HeldFolder(folder).read() == folder


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_it_is_read_after_the_folder_is_gone(folder: Path, tmp_path: Path, how: str) -> None:
    sums = {name: sum_of(folder / name) for name in ("weights", "deep/config")}
    held = HeldFolder(folder, sums)
    if how == "moved":
        folder.rename(tmp_path / "elsewhere")
    else:
        shutil.rmtree(folder)
    if how == "replaced":
        folder.mkdir()
        (folder / "weights").write_text("of another encoder")
    copy = held.read()
    assert copy != folder
    assert_whole(copy)
    assert_whole(pickle.loads(pickle.dumps(held)).read())
    del held
    assert not copy.exists()


def test_a_file_that_was_changed_in_place_is_named(folder: Path) -> None:
    held = HeldFolder(folder, {"weights": sum_of(folder / "weights")})
    (folder / "weights").write_bytes(b"other")
    with pytest.raises(ValueError, match=r"'weights' in .* was changed"):
        held.read()
