"""Annotate a million distinct turns by whole `annotate` commands.

    python -m benchmarks.speed.million_turns fast

The turns are those of the test split, each with a word that never came before, so that no vector
is known already. Writes metrics/million_turns.json, by model.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
import srsly

from benchmarks.common import machine
from benchmarks.reliability.long_run import SPEAKERS, renewed
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

IN, OUT = "in.jsonl", "out.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A pipeline's directory, package or name.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=Path, default=Path("metrics", "million_turns.json"))
    args = parser.parse_args()

    examples = DialogueCorpus(args.corpus / "test.spacy")(spacy.blank("en"))
    dialogues = [[turn.text for turn in example.reference.spans["turns"]] for example in examples]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        srsly.write_jsonl(folder / IN, rows(dialogues, args.turns))
        found = annotated(args.model, folder, args.threads)
    metrics = srsly.read_json(args.output) if args.output.exists() else {}
    metrics[args.model] = {**machine(), **found, "threads": args.threads}
    with replaced_when_whole(args.output) as temporary_file:
        srsly.write_json(temporary_file, metrics)


def rows(dialogues: list[list[str]], turns: int) -> Iterator[dict[str, Any]]:
    """Yield dialogues of two speakers as JSON lines have them, until there are so many turns."""
    given = 0
    for texts in renewed(dialogues, seed=0):
        if given >= turns:
            return
        given += len(texts)
        yield {
            "turns": [
                {"speaker": SPEAKERS[number % 2], "text": text} for number, text in enumerate(texts)
            ]
        }


def annotated(model: str, folder: Path, threads: int) -> dict[str, Any]:
    """What one command takes: clock, processor and memory."""
    command = [sys.executable, "-m", "spacy", "casn", "annotate", model]
    command += [str(folder / IN), str(folder / OUT), "--threads", str(threads)]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "turns": sum(len(row["turns"]) for row in srsly.read_jsonl(folder / OUT)),
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
