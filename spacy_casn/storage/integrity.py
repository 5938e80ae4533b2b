"""What a saved component says of itself: its format, and the sums of its files.

The sums tell of damage and of edits: of a file that was cut off, exchanged, lost or added. They
are no signature: who can write to the files can write their sums too.
"""

import hashlib
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import strict_json

FORMAT = 1
"""Of saved components; counts up when versions before can't read it. 0 had no note."""
NOTE = "format.json"
"""The file, in a component's folder, that holds format and sums."""
Sums = Mapping[str, str]
"""The sha256 sum of each file, by its path within the folder."""

_REMEDY = "get the pipeline again, or train it anew; a change of your own goes through nlp.to_disk"


def sum_of(path: Path) -> str:
    """Return the sha256 sum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_note(sums: Sums) -> dict[str, Any]:
    """Return what is saved beside the files of these sums."""
    by_name = dict(sorted(sums.items()))
    return {"format": FORMAT, "spacy_casn": version("spacy-casn"), "sha256": by_name}


def read_note(note: Mapping[str, Any], names: Collection[str], place: str) -> Sums:
    """Return the sums that a note holds.

    Args:
        note: What `make_note` gave.
        names: The files that are there.
        place: What an error calls their folder.

    Raises:
        ValueError: the note is of a newer format, or a file is missing or was added.
    """
    try:
        newer = note["format"] > FORMAT
        sums: Sums = {} if newer else note["sha256"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"'{NOTE}' of '{place}' can't be read: {_REMEDY}.") from error
    if newer:
        raise ValueError(
            f"'{place}' was saved in format {note['format']} by spacy-casn "
            f"{note.get('spacy_casn')}, but spacy-casn {version('spacy-casn')} reads no format "
            f"above {FORMAT}: upgrade spacy-casn."
        )
    for name in sorted(sums.keys() ^ set(names)):
        what = "is missing" if name in sums else "was added"
        raise ValueError(f"'{name}' in '{place}' {what} since it was saved: {_REMEDY}.")
    return sums


def check_sum(found: str, expected: str, name: str, place: str) -> None:
    """Raise ValueError if the sums of the file with this name, in this place, differ."""
    if found != expected:
        raise ValueError(
            f"'{name}' in '{place}' was changed or damaged since it was saved (its sha256 sum is "
            f"{found}, not {expected}): {_REMEDY}."
        )


def seal(folder: Path) -> None:
    """Write the note over all files of a component's folder."""
    sums = {name: sum_of(folder / name) for name in _names(folder)}
    strict_json.write(folder / NOTE, make_note(sums))


def check_folder(folder: Path, *, later: str) -> Sums:
    """See whether a component's folder is as it was saved; format 0 tells nothing.

    Args:
        folder: The component's folder.
        later: A folder in it whose files are large: they must be there, but aren't read yet.

    Returns:
        The sums of these, by their paths within `later`, for `check_files`.

    Raises:
        ValueError: the format is a newer one, a file is missing, was added or changed, or there
            is a symbolic link.
    """
    for link in sorted(path for path in folder.rglob("*") if path.is_symlink()):
        raise ValueError(
            f"'{link}' is a symbolic link, which may lead out of the saved pipeline: get the "
            f"pipeline again, or replace the link by the file."
        )
    path, cfg = folder / NOTE, folder / "cfg"
    try:
        note = strict_json.read(path) if path.is_file() else None
        lost = note is None and cfg.is_file() and "format" in strict_json.read(cfg)
    except ValueError as error:
        raise ValueError(f"'{folder}' can't be read ({error}): {_REMEDY}.") from error
    if lost:
        raise ValueError(f"'{NOTE}' in '{folder}' is missing since it was saved: {_REMEDY}.")
    sums = {} if note is None else read_note(note, _names(folder), str(folder))
    unread = {name for name in sums if name.startswith(f"{later}/")}
    check_files(folder, {name: sums[name] for name in sums.keys() - unread})
    return {name.removeprefix(f"{later}/"): sums[name] for name in unread}


def check_files(folder: Path, sums: Sums) -> None:
    """Raise ValueError unless each of these files in the folder has its sum."""
    for name, expected in sorted(sums.items()):
        check_sum(sum_of(folder / name), expected, name, str(folder))


def _names(folder: Path) -> set[str]:
    """Return all files but the note and hidden ones, which nothing reads and no wheel takes."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = {path.as_posix() for path in paths if not any(p.startswith(".") for p in path.parts)}
    return names - {NOTE}
