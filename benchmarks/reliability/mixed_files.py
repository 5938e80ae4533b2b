"""Count the files that are no talk and are read as one, and the talks that are refused.

    python -m benchmarks.reliability.mixed_files --machine /etc /usr/share /var \\
        --talks dailydialog=../data/dailydialog meld=../data/meld

Files that are no talk are made at random, see tests/hostile/files.py, and taken from folders of
this machine, half of them by their ending, so that rare kinds come too. Talks are the dialogues of
corpora, without the speakers' names. Each file is recognised by what stands in it alone, as one
without an ending is. Writes metrics/mixed_files.json.
"""

import argparse
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import srsly
from tqdm import tqdm

from benchmarks.common import machine
from spacy_casn.corpora.corpus import named
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import HEAD, Source
from spacy_casn.storage.files import replaced_when_whole
from tests.hostile.files import KINDS

KEPT = 40
"""Files that are read, of which the metrics tell."""
SMALLEST = 20
"""Bytes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--made", type=int, default=1000, help="Files that are made.")
    parser.add_argument("--machine", type=Path, nargs="*", default=[Path("/etc")])
    parser.add_argument("--found", type=int, default=1000, help="Files of the machine.")
    parser.add_argument("--talks", nargs="*", default=[], metavar="CORPUS=FOLDER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("metrics", "mixed_files.json"))
    args = parser.parse_args()

    random = Random(args.seed)
    with TemporaryDirectory() as folder:
        file = Path(folder, "file")
        files = {
            "made": told(made(random, args.made), file, args.made),
            "found": told(found(random, args.machine, args.found), file, args.found),
        }
        talks = {name: refused_talks(name, Path(at), file) for name, at in pairs(args.talks)}
    metrics = {"seed": args.seed, **machine(), "files": files, "talks": talks}
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def made(random: Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Files of all kinds in turn: what they are, and what stands in them."""
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        yield kind, KINDS[kind](random).encode()


def found(random: Random, folders: list[Path], count: int) -> Iterator[tuple[str, bytes]]:
    """Different files of the machine that may be text: their paths, and their beginnings."""
    by_ending = defaultdict(list)
    walks = (walk for folder in folders for walk in os.walk(folder))
    paths = sorted(Path(folder, name) for folder, _, names in walks for name in names)
    for path in paths:
        by_ending[path.suffix.lower()].append(path)
    endings = list(by_ending)
    seen = set()
    while len(seen) < count:
        path = random.choice(random.choice([paths, by_ending[random.choice(endings)]]))
        data = beginning(path)
        if len(data) >= SMALLEST and b"\0" not in data and data not in seen:
            seen.add(data)
            yield str(path), data


def beginning(path: Path) -> bytes:
    """The first bytes of a plain file that may be read, none of anything else."""
    if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
        return b""
    with path.open("rb") as file:
        return file.read(2 * HEAD)


def told(files: Iterator[tuple[str, bytes]], file: Path, count: int) -> dict[str, Any]:
    """How many files are refused, and which are read, as what."""
    counts: Counter[str] = Counter()
    read = []
    for name, data in tqdm(files, total=count, unit=" files"):
        read_as = reading(data, file)
        counts[read_as or "refused"] += 1
        if read_as:
            read.append({"file": name, "as": read_as, "begins": data[:200].decode("latin-1")})
    lines = counts["txt"]
    return {"files": counts.total(), "line_by_line": lines, "as": counts, "read": read[:KEPT]}


def reading(data: bytes, file: Path) -> str:
    """The format in which a file is read without a word, "" where it is refused."""
    file.write_bytes(data)
    try:
        known = recognised(Source(file)).name
        turns = [turn for dialogue in read_file(file, Faults()) for turn in dialogue.turns]
    except ValueError:
        return ""
    return known if turns else ""


def refused_talks(name: str, folder: Path, file: Path) -> dict[str, Any]:
    """How many dialogues of a corpus are refused or read as anything else, one turn a line."""
    corpus = named(name)
    talks = 0
    refused = []
    for split in corpus.files:
        for dialogue in tqdm(corpus.read(folder, split, Faults()), desc=name, unit=" talks"):
            lines = [" ".join(turn.split()) for turn in dialogue.turns if turn.strip()]
            if lines:
                talks += 1
                read_as = reading("".join(f"{line}\n" for line in lines).encode(), file)
                if read_as != "txt":
                    refused.append({"as": read_as, "place": dialogue.place})
    return {"talks": talks, "refused": len(refused), "first": refused[:KEPT]}


def pairs(given: list[str]) -> list[tuple[str, str]]:
    return [(name, folder) for name, _, folder in (each.partition("=") for each in given)]


if __name__ == "__main__":
    main()
