'''The formats that dialogues can be read in, and which of them a file has.

One module is one format: an object of a class from `base`, which is found through the entry point
group `spacy_casn_formats`. `annotate`, `convert`, `audit`, `evaluate` and `render` read what stands
here, so that a new format is one module and one line in a package's metadata:

    [options.entry_points]
    spacy_casn_formats =
        quips = my_package.quips:QUIPS

    # my_package/quips.py
    """Quips: `[time] Name> text`, one turn a line."""

    import re
    from collections.abc import Iterator

    from spacy_casn.data.types import Dialogue, Turn
    from spacy_casn.formats.base import Head, Match, TextFormat
    from spacy_casn.formats.faults import Faults
    from spacy_casn.formats.sources import Source

    LINE = re.compile(r"\\[(?P<time>[\\d:]+)\\] (?P<name>[^>]+)> (?P<text>.*)")


    class Quips(TextFormat):
        name = "quips"
        title = "Quips"
        endings = (".quip",)
        help = "One turn a line, as `[12:03] Ann> Hello!`."
        fields = ("time",)

        def recognise(self, head: Head) -> Match:
            """Return SURE where all lines are such turns."""
            return Match.SURE if head.lines and all(map(LINE.match, head.lines)) else Match.NO

        def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
            """Return the file's one dialogue."""
            turns = []
            for number, line in enumerate(text.splitlines(), 1):
                if match := LINE.fullmatch(line):
                    turns.append(Turn(match["text"], match["name"], fields={"time": match["time"]}))
                elif line.strip():
                    place = f"{source.name}, line {number}"
                    faults.add(ValueError(f"{place}: no turn of Quips: correct it."), line)
            yield Dialogue.of(turns, place=source.name, name=source.stem)


    QUIPS = Quips()

What is recognised: each format gets the first 64 KiB (`base.Head`: bytes, text, lines, the names
of JSON members) and says how sure it is (`base.Match`). The one that is `SURE` is taken, whatever
the file's ending; without one, the one with the file's ending that is at least `NEAR`; then the
one that `FITS`. Where several are left, or none, the file is refused with the names of those that
come near, and `source_format` says which it is. So a format is `SURE` only by marks that no other
has, says `FITS` where its shape is a general one, and `NEAR` where it sees its marks in what it may
not be able to read.

What `parse` gives: `Dialogue.of(turns, place=..., name=...)` with a `Turn` for each thing that was
said, its `fields` being what else stands there (times, ids), by the names in `Format.fields`. What
isn't speech (a system line, "image omitted") keeps its turn with the text "" if somebody sent it,
and is left out if nobody did. Binary formats implement `Format.opened` in place of `parse`; those
that results are written to are `WritableFormat`s. A library that a format needs is imported where
it is used, with a ValueError that names the extra.
'''

from functools import cache
from importlib.metadata import entry_points

from .base import Format, Head, Match, WritableFormat
from .sources import Source
from .structure import machine_made

GROUP = "spacy_casn_formats"
STREAM = "-"
"""Stands for stdin or stdout."""


@cache
def formats() -> dict[str, Format]:
    """Return all formats that are installed, by name.

    Raises:
        ValueError: two have the same name.
    """
    found: dict[str, Format] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        known: Format = entry.load()
        if found.setdefault(known.name, known) is not known:
            raise ValueError(
                f"Two formats are called '{known.name}', the second of them in {entry.value}: "
                f"uninstall one of the packages."
            )
    return found


def writable() -> dict[str, WritableFormat]:
    """Return those of the formats that results are written as, by name."""
    return {name: known for name, known in formats().items() if isinstance(known, WritableFormat)}


def find_format(name: str, parameter: str) -> Format:
    """Return the format of that name; raises ValueError, with the parameter, for another."""
    if name not in formats():
        raise ValueError(f"`{parameter}` = {name!r}: give one of {', '.join(formats())}.")
    return formats()[name]


def find_writable(name: str, parameter: str) -> WritableFormat:
    """Return the format of that name; raises ValueError where there is none to write."""
    if name not in writable():
        raise ValueError(f"`{parameter}` = {name!r}: give one of {', '.join(writable())}.")
    return writable()[name]


def with_ending(ending: str) -> Format | None:
    """Return the format whose files have that ending, None where none or several have it."""
    found = [known for known in formats().values() if ending and ending in known.endings]
    return found[0] if len(found) == 1 else None


def recognised(source: Source) -> Format:
    """Return the format of a file, by what stands in it and, where that leaves it open, its ending.

    Raises:
        ValueError: it has none that is known, or could have several.
    """
    head = Head(source.head(), source.ending)
    hinted = [known for known in formats().values() if head.ending in known.endings]
    if not head.data and len(hinted) == 1:
        return hinted[0]
    matches = {known.name: known.recognise(head) for known in formats().values()}
    sure, fitting, near = (
        [known for known in formats().values() if matches[known.name] is match]
        for match in (Match.SURE, Match.FITS, Match.NEAR)
    )
    hinted = [known for known in hinted if matches[known.name] > Match.NO]
    best = sure or hinted or fitting
    chosen = [known for known in best if known in hinted] or best
    if len(chosen) == 1:
        return chosen[0]
    close = chosen or near
    structure = machine_made(head.lines, head.text)
    raise ValueError(
        f"'{source.name}' has no format that is known for certain"
        + (f": {structure}" if structure else "")
        + (f"; it comes near {_titles(close)}" if close else "")
        + f". Say by `source_format` which it has: one of {', '.join(formats())}."
    )


def _titles(known: list[Format]) -> str:
    return " or ".join(f"{each.title} ({each.name})" for each in known)
