"""Annotates files: one into one, many into one, or each of many into its own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..compat import msgpack_plugins_known
from ..formats.base import Options
from ..formats.faults import Faults, OnError
from ..formats.reading import opened
from ..formats.records import Columns
from ..formats.registry import find_format, find_writable
from ..formats.sources import Source
from ..storage.files import is_stream, naming_a_full_disk, replaced_when_whole
from .annotator import Annotator
from .progress import Progress
from .standard_output import standard_output
from .stores import at_hand

RETRIES = 2
"""Further attempts at a shard that failed by anything but its content."""


@dataclass(frozen=True)
class Settings:
    """What holds for all files of a run.

    Args:
        source_format: The name of the one that all files have.
        output_format: The name of the one that is written.
        columns: Where what stands in tables.
        batch_size: Dialogues that are run at once.
        n_process: Processes that share the work of one file.
        on_error: What a line, row or dialogue that can't be read leads to; see `Faults`.
        raw: Whether CSV and TSV hold text as it is, also where a spreadsheet would take it for a
            formula.
        neutral: The share of neutral turns to expect; None for the pipeline's own.
    """

    source_format: str
    output_format: str
    columns: Columns | None = None
    batch_size: int = 128
    n_process: int = 1
    on_error: OnError = "stop"
    raw: bool = False
    neutral: float | None = None


@dataclass(frozen=True)
class Shard:
    """A file and the one that its results go to, by path or URL, and the bytes to read."""

    source: str
    output: str
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of a shard; `error` is one sentence, "" where all went well.

    `left_out` counts the lines, rows and dialogues that were skipped; `speakers` are all names.
    """

    dialogues: int = 0
    turns: int = 0
    left_out: int = 0
    error: str = ""
    speakers: frozenset[str] = frozenset()


def annotate_into(
    annotator: Annotator,
    sources: Sequence[Source],
    file: BinaryIO,
    settings: Settings,
    progress: Progress,
    faults: Faults,
) -> Outcome:
    """Annotate files of one format, one after the other, into one.

    Each dialogue is written before the next but few are read.

    Raises:
        ValueError: something can't be read or written, with its place, and isn't left out.
    """
    dialogues = turns = 0
    speakers: set[str] = set()
    source_format = find_format(settings.source_format, "source_format")
    output_format = find_writable(settings.output_format, "output_format")
    options = Options(settings.columns, faults, spans_key=annotator.pipe.spans_key)
    with (
        msgpack_plugins_known(),
        opened([(source, source_format) for source in sources], options) as reading,
        output_format.writer(file, annotator.labels, reading.header, raw=settings.raw) as write,
    ):
        for result in annotator.results(
            reading.dialogues,
            faults,
            batch_size=settings.batch_size,
            n_process=settings.n_process,
        ):
            try:
                write(result)
                file.flush()  # who reads from a pipe waits for it
            except ValueError as error:
                faults.add(error, result.dialogue.content())
                continue
            dialogues += 1
            turns += len(result.texts)
            speakers.update(filter(None, result.speakers))
            progress.add(len(result.texts), reading.done())
    faults.check()
    return Outcome(dialogues, turns, faults.count, speakers=frozenset(speakers))


def annotate_to(
    annotator: Annotator,
    sources: Sequence[Source],
    output: Path | None,
    settings: Settings,
    progress: Progress,
    *,
    may_be_empty: bool = False,
) -> Outcome:
    """Annotate as `annotate_into`, to a file that appears when it is whole, or to stdout for None.

    Raises:
        ValueError: as `annotate_into`; or there was no turn, unless `may_be_empty`.
    """
    with (
        Faults(settings.on_error, output) as faults,
        _output(output, settings.output_format) as file,
    ):
        outcome = annotate_into(annotator, sources, file, settings, progress, faults)
        if outcome.turns == 0 and not may_be_empty:
            names = ", ".join(source.name for source in sources[:3])
            raise ValueError(f"{names}: there is no turn to annotate; give a file with some.")
        return outcome


def attempt(
    load: Callable[[], Annotator],
    shard: Shard,
    settings: Settings,
    progress: Progress,
    *,
    retries: int = RETRIES,
) -> Outcome:
    """Annotate a shard, and once more where that failed; errors come back as an outcome.

    What is wrong with the content, a ValueError, stays wrong: there is no further attempt.
    """
    failures = 0
    copy = shard.source
    while True:
        try:
            with at_hand(shard.source, shard.output) as (source, output):
                copy = str(source)
                # What cuts data into shards may leave some without any.
                return annotate_to(
                    load(), [Source(source)], output, settings, progress, may_be_empty=True
                )
        except ValueError as error:
            return Outcome(error=str(error).replace(copy, shard.source))
        except Exception as error:  # one shard's trouble, of whatever kind, stops no other
            failures += 1
            if failures > retries:
                trouble = f"{type(error).__name__}: {error}"
                return Outcome(error=f"{shard.source}: {trouble} (in {failures} attempts)")


@contextmanager
def _output(path: Path | None, output_format: str) -> Iterator[BinaryIO]:
    with naming_a_full_disk(path or "stdout"), ExitStack() as opened_files:
        if path is None or is_stream(path):
            stream = (
                standard_output() if path is None else opened_files.enter_context(path.open("wb"))
            )
            file = opened_files.enter_context(_copied_where_seeking(stream, output_format))
        else:
            temporary = opened_files.enter_context(replaced_when_whole(path))
            file = opened_files.enter_context(temporary.open("wb"))
        yield file


@contextmanager
def _copied_where_seeking(stream: BinaryIO, output_format: str) -> Iterator[BinaryIO]:
    """Give what to write to: the stream, or a file that is copied to it at the end."""
    if find_writable(output_format, "output_format").seeks:
        with tempfile.TemporaryFile() as copy:
            yield copy
            copy.seek(0)
            shutil.copyfileobj(copy, stream)
    else:
        yield stream
    stream.flush()
