"""What is read, and what is written where."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from ..formats.base import Format, WritableFormat
from ..formats.registry import (
    STREAM,
    find_format,
    find_writable,
    formats,
    recognised,
    with_ending,
    writable,
)
from ..formats.sources import Source
from .shards import Shard
from .stores import fetch, is_url, joined, listed

DEFAULT_OUTPUT = "jsonl"
"""Where nobody asked for one, and what is read can't be written."""


@dataclass(frozen=True)
class Plan:
    """The files of a run: either `shards`, each with an output of its own, or all into `output`.

    Args:
        source_format: What all files are read as.
        output_format: What is written.
        sources: Files that go into one output.
        output: That output; None is stdout.
        shards: Files that have an output each, which isn't there yet.
        skipped: Files whose output is there, and which are therefore finished.
    """

    source_format: Format
    output_format: WritableFormat
    sources: list[Source]
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
        source: A file, a folder, or "-"; or a store's folder by its URL.
        output: A file, a folder, or "-". A folder is what exists as one, ends with a slash or,
            where the source is a folder, has no ending; and what a URL names.
        source_format: By default what the content is recognised as.
        output_format: By default that of the ending, or that of the source.
        sharded: Whether the output must be a folder.

    Raises:
        ValueError: no such file, an unknown or unclear format, or an output that would replace
            its source.
    """
    given = None if source_format is None else find_format(source_format, "source_format")
    wanted = None if output_format is None else find_writable(output_format, "output_format")
    if is_url(source):
        files, known = _files_at(source, given)
        if output == STREAM or not (is_url(output) or _is_folder(Path(output), output, True)):
            raise ValueError(f"'{output}' is no folder, but '{source}' is one: give a folder.")
        return _file_by_file(source, files, output, known, wanted)
    sources, known = find_sources(source, given)
    into = None if output == STREAM else Path(output)
    in_folder = Path(source).is_dir() if source != STREAM else False
    if is_url(output) or (into is not None and _is_folder(into, output, in_folder or sharded)):
        files = {str(each.path): each.size or 0 for each in sources if each.path is not None}
        if len(files) < len(sources):
            raise ValueError(f"'{output}' is a folder: give the file that stdin's results go to.")
        return _file_by_file(source, files, output, known, wanted)
    if sharded:
        raise ValueError(
            f"'{output}' is no folder, but this engine writes a file per shard: give a folder."
        )
    if into is not None:
        _check_apart([str(each.path) for each in sources if each.path is not None], [output])
    return Plan(known, wanted or _output_format(into, known), sources, into)


def _file_by_file(
    source: str, files: dict[str, int], output: str, known: Format, wanted: WritableFormat | None
) -> Plan:
    """Plan a file for each of those that are given with their bytes, in a folder or a store."""
    chosen = wanted or _written_as(known)
    names = [f"{Source(Path(file)).stem}{chosen.suffix}" for file in files]
    for before, name in pairwise(sorted(names)):
        if before == name:
            path = joined(output, name)
            raise ValueError(f"Two files of '{source}' would become '{path}': rename one.")
    shards = [
        Shard(file, joined(output, name), size)
        for (file, size), name in zip(files.items(), names, strict=True)
    ]
    _check_apart([*files], [shard.output for shard in shards])
    if is_url(output):
        finished = {joined(output, name) for name in listed(output)}
    else:
        finished = {shard.output for shard in shards if Path(shard.output).exists()}
    ahead = [shard for shard in shards if shard.output not in finished]
    return Plan(known, chosen, [], None, ahead, len(shards) - len(ahead))


def _files_at(folder: str, given: Format | None) -> tuple[dict[str, int], Format]:
    """Return the files in a store's folder, with their bytes, and the format of the first."""
    sizes = listed(folder)
    names = [each.name for each in _readable(folder, [*map(Path, sizes)], given)]
    files = {joined(folder, name): sizes[name] for name in names}
    if given is not None:
        return files, given
    with TemporaryDirectory(prefix="spacy-casn-") as temporary:
        first = Path(temporary, names[0])
        fetch(joined(folder, names[0]), first)
        return files, recognised(Source(first))


def find_sources(source: str, given: Format | None = None) -> tuple[list[Source], Format]:
    """Return the files that are meant, and their format.

    Args:
        source: A file, a folder, or "-" for stdin.
        given: The format, None for that which the content is recognised as.

    Raises:
        ValueError: no such file, or an unknown or unclear format.
    """
    if source == STREAM:
        stdin = Source(None)
        return [stdin], given or recognised(stdin)
    path = Path(source)
    if path.is_dir():
        return _files_in(path, given)
    if not path.exists():
        raise ValueError(f"No file or folder '{source}': give what is to be annotated.")
    file = Source(path)
    return [file], given or recognised(file)


def _readable(folder: str, paths: list[Path], given: Format | None) -> list[Source]:
    """Return those of a folder's files that are meant, by their names."""
    endings = {ending for each in formats().values() for ending in each.endings}
    sources = [
        Source(path)
        for path in sorted(paths)
        if path.name[0] != "." and path.stem.upper() != "README"
    ]
    if given is not None:
        chosen = [each for each in sources if each.ending in given.endings] or sources
    else:
        chosen = [each for each in sources if each.ending in endings]
    if not chosen:
        raise ValueError(
            f"'{folder}' holds no file that can be read: give it some that end in "
            f"{', '.join(sorted(endings))}."
        )
    return chosen


def _files_in(folder: Path, given: Format | None) -> tuple[list[Source], Format]:
    chosen = _readable(str(folder), [path for path in folder.iterdir() if path.is_file()], given)
    if given is not None:
        return chosen, given
    kinds: dict[str, Format] = {}
    problem = None
    for each in chosen:
        try:
            known = recognised(each)
        except ValueError as error:  # one that is damaged is read, and refused, as the others
            problem = error
        else:
            kinds[known.name] = known
    if not kinds and problem is not None:
        raise problem
    if len(kinds) > 1:
        raise ValueError(
            f"'{folder}' holds files of several formats, {', '.join(sorted(kinds))}: say by "
            f"`source_format` which are meant."
        )
    return chosen, next(iter(kinds.values()))


def _is_folder(path: Path, written: str, by_default: bool) -> bool:
    if path.exists():
        return path.is_dir()
    return written.endswith(("/", "\\")) or (by_default and not path.suffix)


def _written_as(source_format: Format) -> WritableFormat:
    return writable().get(source_format.name) or writable()[DEFAULT_OUTPUT]


def _output_format(path: Path | None, source_format: Format) -> WritableFormat:
    if path is None:
        return _written_as(source_format)
    known = with_ending(path.suffix.lower())
    if not isinstance(known, WritableFormat):
        endings = dict.fromkeys(each.suffix for each in writable().values())
        raise ValueError(
            f"'{path}' has the ending of no format that can be written: give it one of "
            f"{', '.join(endings)}, or say the format by `output_format`."
        )
    return known


def _check_apart(read: list[str], written: list[str]) -> None:
    known = {name if is_url(name) else Path(name).resolve() for name in read}
    for name in written:
        if (name if is_url(name) else Path(name).resolve()) in known:
            raise ValueError(f"'{name}' is to be read, and would be replaced: give another output.")
