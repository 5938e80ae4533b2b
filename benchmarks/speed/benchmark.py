"""Measure speed and memory side by side, in one run.

    python -m benchmarks.speed.benchmark --corpus corpus/dailydialog

Each contestant is a process of its own (`benchmark_case.py`). They take turns, repetition after
repetition, so that a machine whose speed drifts is as kind to one as to another; ratios are
taken within a repetition. Writes metrics/benchmark.json; `benchmark_report.py` makes the table
and the chart of it.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
import srsly
from rich.console import Console

from benchmarks.common import machine
from spacy_casn.encoders.source import find_encoder
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

CASE = Path(__file__).with_name("benchmark_case.py")
OUTPUT = Path("metrics", "benchmark.json")
ANNOTATE = (
    "raw",
    "pipe",
    "pipe-auto",
    "pipe-onnx",
    "pipe-onnx-int8",
    "pipe-2-processes",
    "word-pieces",
    "textcat",
    "textcat-words",
    "classy",
    "fast",
)
LONG = ("short-dialogues", "long-dialogue")
STREAM = ("stream-10k", "stream-1m")
START = ("import-torch", "import-casn", "load-encoder", "load-pipeline", "annotate-file")
CACHED = ("make-doc", "cached", "fast", "fast-cached")
GROUPS = {"annotate": ANNOTATE, "long": LONG, "stream": STREAM, "start": START, "cached": CACHED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--groups", nargs="*", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--dialogues", type=int, default=0, help="Test dialogues; 0 for all.")
    parser.add_argument(
        "--peers", type=Path, help="Python of an environment with classy-classification."
    )
    args = parser.parse_args()
    console = Console(stderr=True)
    encoder = str(find_encoder(args.encoder))
    metrics = srsly.read_json(OUTPUT) if OUTPUT.exists() else {}
    with TemporaryDirectory() as folder:
        inputs = write_inputs(args.corpus, args.dialogues, Path(folder))
        for group in args.groups:
            commands = {}
            for name in GROUPS[group]:
                python = args.peers if name == "classy" else sys.executable
                if python is not None:
                    commands[name] = [str(python), str(CASE), name, str(inputs[group]), encoder]
            once = group == "stream"  # minutes long, and its memory counts
            if once:
                commands = {name: [*command, "--cold"] for name, command in commands.items()}
            repetitions = 1 if once else args.repetitions
            metrics[group] = {**machine(), **contest(commands, repetitions, console)}
    with replaced_when_whole(OUTPUT) as temporary:
        srsly.write_json(temporary, metrics)


def write_inputs(corpus: Path, limit: int, folder: Path) -> dict[str, Path]:
    """Each group's dialogues, as a JSON file of lists of turns."""
    nlp = spacy.blank("en")

    def read(split: str, number: int) -> list[list[str]]:
        examples = DialogueCorpus(corpus / f"{split}.spacy", limit=number)(nlp)
        return [[turn.text for turn in example.reference.spans["turns"]] for example in examples]

    test = read("test", limit)
    distinct = list(dict.fromkeys(itertools.chain.from_iterable(read("train", 3000))))[:10_000]
    inputs = {
        "annotate": test,
        "long": [distinct],
        "stream": test,
        "start": test[:1],
        "cached": test,
    }
    paths = {}
    for group, dialogues in inputs.items():
        paths[group] = folder / f"{group}.json"
        paths[group].write_text(json.dumps(dialogues), encoding="utf-8")
    return paths


def contest(commands: dict[str, list[str]], repetitions: int, console: Console) -> dict[str, Any]:
    """Let the cases take turns; what each took, and its peak memory."""
    processes = {
        name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    turns = {}
    try:
        for name, process in processes.items():
            answer(name, process)
            console.print(f"{name} is ready")
        for repetition in range(repetitions):
            for name, process in processes.items():
                process.stdin.write("run\n")
                process.stdin.flush()
                result = answer(name, process)
                seconds[name].append(result["seconds"])
                turns[name] = result["turns"]
                rate = result["turns"] / result["seconds"]
                console.print(f"{repetition + 1}/{repetitions} {name}: {rate:,.1f} turns/s")
        peaks = {}
        for name, process in processes.items():
            process.stdin.close()
            peaks[name] = answer(name, process)["peak_mb"]
            process.wait()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
            process.stdout.close()
            with suppress(BrokenPipeError):
                process.stdin.close()
    return {
        "repetitions": repetitions,
        "cases": {
            name: {
                "turns": turns[name],
                "seconds": [round(value, 4) for value in seconds[name]],
                "turns_per_second": round(turns[name] / statistics.median(seconds[name]), 2),
                "peak_mb": peaks[name],
            }
            for name in commands
        },
    }


def answer(name: str, process: subprocess.Popen) -> dict[str, Any]:
    """The next message of a case, past what libraries print.

    Raises:
        RuntimeError: it ended without one.
    """
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise RuntimeError(f"The case '{name}' ended with {process.wait()}: see its messages above.")


if __name__ == "__main__":
    main()
