"""A corpus of one's own: a file for each split, of any format that can be read."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..data.types import Dialogue
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from ..formats.registry import formats
from ..formats.sources import Source
from .source import SPLITS


class SplitFiles:
    """Reads `train`, `dev` and `test` from one file each.

    Args:
        files: Each split's file.
        columns: Where what stands, if they are tables.
        md5: Known sums of the files, to refuse others.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        columns: Columns | None = None,
        md5: Mapping[str, str] | None = None,
    ) -> None:
        self.FILES = dict(files)
        self.MD5 = dict(md5 or {})
        self.columns = columns

    def read(self, folder: Path, split: str, faults: Faults) -> Iterator[Dialogue]:
        """Give the dialogues of one split, in the order of their first rows or lines.

        Raises:
            ValueError: the file can't be read.
        """
        return read_file(folder / self.FILES[split], faults, columns=self.columns)


def files_in(folder: Path, columns: Columns | None = None) -> SplitFiles:
    """Return the files of a folder that are called train, dev and test.

    Raises:
        ValueError: one is missing, or there are several of its name.
    """
    endings = {ending for known in formats().values() for ending in known.endings}
    files = {}
    for split in SPLITS:
        found = sorted(
            path.name
            for path in folder.glob(f"{split}.*")
            if Source(path).ending in endings and Source(path).stem == split
        )
        if len(found) != 1:
            state = f"both {' and '.join(found)}" if found else f"no file '{split}'"
            raise ValueError(
                f"'{folder}' has {state}: give it one, such as {split}.csv or {split}.jsonl."
            )
        files[split] = found[0]
    return SplitFiles(files, columns)
