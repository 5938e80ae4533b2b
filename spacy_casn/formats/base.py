"""What a format of dialogues is; `registry` says how one is written and found."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import BinaryIO

from ..data.dialogue import SPANS_KEY
from ..data.types import Dialogue
from .encoding import as_text, decoded, encoding_of
from .faults import Faults
from .grouping import Names
from .records import Columns, Header, Reading, Result
from .sources import HEAD, Source

Write = Callable[[Result], None]


class Match(IntEnum):
    """How a format sees the beginning of a file."""

    NO = 0
    """It is something else."""
    NEAR = 1
    """It looks like this format, but can't be read as it stands: named where nothing fits."""
    FITS = 2
    """It can be read so, and so could much else: the general formats say no more than this."""
    SURE = 3
    """It bears marks that only this format has."""


@dataclass(frozen=True)
class Head:
    """The beginning of a file, by which its format is recognised.

    Args:
        data: The first bytes, at most `sources.HEAD`.
        ending: The file's, such as ".csv", "" for none: no more than a hint, which the registry
            weighs by itself.
    """

    data: bytes
    ending: str = ""

    @property
    def whole(self) -> bool:
        """Whether the file has no more than this."""
        return len(self.data) < HEAD

    @cached_property
    def text(self) -> str:
        """The text without byte order mark and with plain line ends; "" where it is none."""
        encoding = encoding_of(self.data, whole=self.whole)
        text = "" if encoding is None else self.data.decode(encoding, "ignore")
        return plain_line_ends(text)

    @cached_property
    def lines(self) -> list[str]:
        """The lines that aren't empty, without white space around; none that is cut off.

        A cut line stands where there is no other.
        """
        lines = self.text.split("\n")
        if not self.whole and len(lines) > 1:
            lines.pop()
        return [line for line in map(str.strip, lines) if line]

    @cached_property
    def keys(self) -> frozenset[str]:
        """The names of all JSON members, at any depth; none where the text is no JSON."""
        if not self.text.lstrip().startswith(("{", "[")):
            return frozenset()
        return frozenset(re.findall(r'"((?:[^"\\\n]|\\.)*)"\s*:', self.text))


@dataclass(frozen=True)
class Options:
    """What reading depends on beside the file.

    Args:
        columns: Where what stands in tables; None for what the format finds by itself.
        faults: Hears of what can't be read, with its place.
        names: Those of all dialogues of a run's tables.
        spans_key: Name of the turns' span group in Docs.
    """

    columns: Columns | None = None
    faults: Faults = field(default_factory=Faults)
    names: Names = field(default_factory=Names)
    spans_key: str = SPANS_KEY


class Format(ABC):
    """A kind of file that holds dialogues.

    Attributes:
        name: What `source_format` and `output_format` call it: lower-case letters and digits.
        title: What people call it, such as "WebVTT subtitles".
        endings: Of its files, such as (".vtt",); none are needed.
        help: What a user should know of it, in a sentence or two.
        fields: Names of what it may know of a turn beside text, speaker and emotion, such as
            ("start", "end"): tables of results get a column for each that occurs.
    """

    name: str
    title: str
    endings: tuple[str, ...] = ()
    help: str
    fields: tuple[str, ...] = ()

    @abstractmethod
    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the beginning of a file, that it can read it."""

    @abstractmethod
    def opened(self, source: Source, options: Options) -> AbstractContextManager[Reading]:
        """Open a file; its dialogues are read as they are asked for.

        Raises:
            ValueError: the whole file can't be read, with its place. What can't be read in it
                goes to `options.faults`.
        """


class WritableFormat(Format):
    """A kind of file that results are written as too.

    Attributes:
        seeks: Whether it must be written to a file, and can't go straight to stdout.
    """

    seeks: bool = False

    @property
    def suffix(self) -> str:
        """The ending of the files that are written."""
        return self.endings[0]

    @abstractmethod
    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> AbstractContextManager[Write]:
        """Give the function that writes one result; at the end what is still kept is written.

        Args:
            file: Stays open.
            labels: The pipeline's, in the order of the scores.
            header: Of what was read.
            raw: Whether text is to stay as it is, also where a spreadsheet would take it for a
                formula.
        """


class TextFormat(Format):
    """A kind of text file that is held in memory as a whole: `parse` is all there is to write."""

    @abstractmethod
    def parse(self, text: str, source: Source, faults: Faults) -> Iterable[Dialogue]:
        """Return the dialogues of a file, each with its place and name.

        Args:
            text: All of it, decoded, without byte order mark and with plain line ends.
            source: `source.name` is what errors call it, `source.stem` what a dialogue can be
                called where a file holds one.
            faults: Hears of what can't be read or was repaired: `faults.add(error, content)` for
                what is left out, `faults.repaired(place, what)`.

        Raises:
            ValueError: nothing of it can be read, with the place and the remedy.
        """

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; see `Format.opened`. Of the fields, those have a column that occur."""
        dialogues = list(self._dialogues(source, options.faults))
        known = {name for each in dialogues for turn in each.fields for name in turn}
        fields = tuple(name for name in self.fields if name in known)
        yield Reading(Header.plain(fields), iter(dialogues))

    def _dialogues(self, source: Source, faults: Faults) -> Iterator[Dialogue]:
        data = source.whole()
        try:
            encoding = encoding_of(data, whole=True) or "utf-8"
            text = decoded(data, source.name, "save the file as UTF-8", encoding=encoding)
            yield from self.parse(plain_line_ends(text), source, faults)
        except ValueError as error:
            faults.add(error, as_text(data))


def plain_line_ends(text: str) -> str:
    """Return the text with a line feed at the end of each line, whatever system wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
