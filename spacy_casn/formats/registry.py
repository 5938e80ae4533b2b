"""The kinds of files, and which file is of which kind."""

from pathlib import Path

READABLE = ("jsonl", "csv", "tsv", "parquet", "spacy", "txt")
WRITABLE = ("jsonl", "csv", "tsv", "parquet", "spacy")
STREAM = "-"
"""Stands for stdin or stdout."""


def check_format(name: str, known: tuple[str, ...], option: str) -> str:
    """Raises ValueError unless the option's value is one of the known formats."""
    if name not in known:
        raise ValueError(f"{option} {name}: give one of {', '.join(known)}.")
    return name


def format_of(path: Path) -> str:
    """The ending without its dot, in lower case, "" for none."""
    return path.suffix[1:].lower()


def written_as(source_format: str) -> str:
    """The format of the output where nobody asked for one; transcripts can't hold scores."""
    return "jsonl" if source_format == "txt" else source_format
