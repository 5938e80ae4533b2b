"""What is read, and what is written where."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..formats.registry import READABLE, STREAM, WRITABLE, check_format, format_of, written_as
from .shards import Shard


@dataclass(frozen=True)
class Plan:
    """The files of a run: either `shards`, each with an output of its own, or all into `output`.

    Args:
        source_format: One of `formats.READABLE`.
        output_format: One of `formats.WRITABLE`.
        sources: Files that go into one output; None is stdin.
        output: That output; None is stdout.
        shards: Files that have an output each, which isn't there yet.
        skipped: Files whose output is there, and which are therefore finished.
    """

    source_format: str
    output_format: str
    sources: list[Path | None]
    output: Path | None
    shards: list[Shard] | None = None
    skipped: int = 0


def make_plan(
    source: str,
    output: str,
    *,
    source_format: str | None = None,
    output_format: str | None = None,
    sharded: bool = False,
) -> Plan:
    """Find the files, and settle what becomes of them.

    Args:
        source: A file, a folder, or "-".
        output: A file, a folder, or "-". A folder is what exists as one, ends with a slash or,
            where the source is a folder, has no ending.
        source_format: By default that of the ending.
        output_format: By default that of the ending, or that of the source.
        sharded: Whether the output must be a folder.

    Raises:
        ValueError: no such file, an unknown or unclear format, or an output that would replace
            its source.
    """
    if source_format is not None:
        check_format(source_format, READABLE, "--from")
    if output_format is not None:
        check_format(output_format, WRITABLE, "--to")
    sources, source_format = _sources(source, source_format)
    into = None if output == STREAM else Path(output)
    in_folder = Path(source).is_dir() if source != STREAM else False
    if into is None or not _is_folder(into, output, in_folder or sharded):
        if sharded:
            raise ValueError(
                f"'{output}' is no folder, but this engine writes a file per shard: give a folder."
            )
        chosen = output_format or _output_format(into, source_format)
        if into is not None:
            _check_apart(sources, [into])
        return Plan(source_format, chosen, sources, into)
    chosen = output_format or written_as(source_format)
    files = [path for path in sources if path is not None]
    if len(files) < len(sources):
        raise ValueError(f"'{output}' is a folder: give the file that stdin's results go to.")
    outputs = [into / f"{path.stem}.{chosen}" for path in files]
    _check_apart(sources, outputs)
    for before, path in pairwise(sorted(outputs)):
        if before == path:
            raise ValueError(f"Two files of '{source}' would become '{path}': rename one.")
    shards = [Shard(*pair) for pair in zip(files, outputs, strict=True)]
    ahead = [shard for shard in shards if not shard.output.exists()]
    return Plan(source_format, chosen, [], None, ahead, len(shards) - len(ahead))


def _sources(source: str, source_format: str | None) -> tuple[list[Path | None], str]:
    if source == STREAM:
        if source_format is None:
            raise ValueError("stdin has no ending: say with --from what format it has.")
        return [None], source_format
    path = Path(source)
    if path.is_dir():
        return _files_in(path, source_format)
    if not path.exists():
        raise ValueError(f"No file or folder '{source}': give what is to be annotated.")
    found = source_format or format_of(path)
    if found not in READABLE:
        raise ValueError(
            f"'{source}' has the ending of no known format: say with --from which of "
            f"{', '.join(READABLE)} it has."
        )
    return [path], found


def _files_in(folder: Path, source_format: str | None) -> tuple[list[Path | None], str]:
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    known = [path for path in files if format_of(path) in READABLE]
    if source_format is None:
        formats = sorted({format_of(path) for path in known})
        if len(formats) > 1:
            raise ValueError(
                f"'{folder}' holds files of several formats, {', '.join(formats)}: say with --from "
                f"which are meant."
            )
        source_format, chosen = (formats or [""])[0], known
    else:
        chosen = [path for path in files if format_of(path) == source_format] or files
    if not chosen:
        raise ValueError(
            f"'{folder}' holds no file that can be read: give it some that end in "
            f".{', .'.join(READABLE)}."
        )
    return [*chosen], source_format


def _is_folder(path: Path, written: str, by_default: bool) -> bool:
    if path.exists():
        return path.is_dir()
    return written.endswith(("/", "\\")) or (by_default and not path.suffix)


def _output_format(path: Path | None, source_format: str) -> str:
    if path is None:
        return written_as(source_format)
    if format_of(path) not in WRITABLE:
        raise ValueError(
            f"'{path}' has the ending of no format that can be written: give it one of "
            f".{', .'.join(WRITABLE)}, or say --to."
        )
    return format_of(path)


def _check_apart(sources: list[Path | None], outputs: list[Path]) -> None:
    read = {path.resolve() for path in sources if path is not None}
    for path in outputs:
        if path.resolve() in read:
            raise ValueError(f"'{path}' is to be read, and would be replaced: give another output.")
