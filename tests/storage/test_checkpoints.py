import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy

from ..conftest import train_small

NAMES = ("model-best", "model-last")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FILES = {"os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}


class Watch:
    """Notes what Python does to a folder's checkpoints: whole folders renamed, or all else."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.renamed: list[str] = []
        self.in_place: list[tuple[str, str]] = []
        sys.addaudithook(self)  # which stays for good

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event == "os.rename":
            self.renamed += [Path(path).name for path in args[:2] if self.within(path) == "."]
            paths = [path for path in args[:2] if self.within(path) != "."]
        elif event == "open":
            paths = [args[0]] if args[2] & WRITES else []
        elif event in FILES or event == "shutil.rmtree":
            paths = [args[0]]
        elif event in ("shutil.copyfile", "shutil.copytree"):
            paths = [args[1]]
        else:
            return
        self.in_place += [(event, str(path)) for path in paths if self.within(path)]

    def within(self, path: object) -> str | None:
        """The path in a checkpoint, or None."""
        assert self.folder is not None
        for name in NAMES:
            if isinstance(path, str | Path) and Path(path).is_relative_to(self.folder / name):
                return Path(path).relative_to(self.folder / name).as_posix()
        return None


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.folder = None


def test_checkpoints_appear_and_go_as_a_whole(
    watch: Watch, small_corpus: Path, fake_encoder: Path
) -> None:
    watch.folder = small_corpus.parent / "trained"
    train_small("ce", small_corpus, fake_encoder, steps=8)
    assert {"model-best", "model-last"} <= set(watch.renamed)
    train_small("ce", small_corpus, fake_encoder)
    assert watch.in_place == []
    assert sorted(path.name for path in watch.folder.iterdir()) == ["model-best", "model-last"]
    for name in NAMES:
        spacy.load(watch.folder / name)
