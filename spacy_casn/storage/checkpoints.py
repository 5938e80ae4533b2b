"""Checkpoints of `spacy train` that are either whole or not there, whenever it is killed."""

from collections.abc import Iterable
from copy import copy
from pathlib import Path
from shutil import copytree
from typing import Any, cast

from spacy.language import Language
from spacy.training import loop

from .files import remove_whole, replaced_when_whole


def saved_whole(nlp: Language) -> Language:
    """Return a pipeline to save in place of the given one: its folder appears at once."""

    def to_disk(path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        with replaced_when_whole(Path(path)) as folder:
            nlp.to_disk(folder, exclude=exclude)

    whole = copy(nlp)
    cast(Any, whole).to_disk = to_disk
    return whole


class WholeFolders:
    """What spaCy's training loop asks of `shutil`."""

    @staticmethod
    def rmtree(folder: str | Path) -> None:
        remove_whole(Path(folder))

    @staticmethod
    def copytree(source: str | Path, target: str | Path) -> None:
        with replaced_when_whole(Path(target)) as folder:
            copytree(source, folder)


def copy_checkpoints_whole() -> None:
    """Let trainings of this process remove and copy checkpoints whole from now on.

    spaCy removes and copies model-best file by file and has no setting for it, so its training
    loop gets other functions under the name `shutil`.
    """
    cast(Any, loop).shutil = WholeFolders
