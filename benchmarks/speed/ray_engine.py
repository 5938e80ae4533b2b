"""Time the engine "ray" with two workers against one process with as many threads in all.

    python -m benchmarks.speed.ray_engine training/dailydialog/triplet/model-best

Writes train dialogues of the corpus as JSON lines, cut into shards, and annotates them by whole
commands in turns: `--engine local`, then `--engine ray --workers 2`, which has the larger share
of its time for starting Ray the fewer dialogues there are. That share is measured too, with one
dialogue a shard. Both outputs are compared. Writes metrics/ray_engine.json.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import spacy
import srsly

from benchmarks.common import machine
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

ENGINES = {"local": ["--engine", "local"], "ray": ["--engine", "ray", "--workers", "2"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A trained pipeline's directory or package.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--dialogues", type=int, default=3000)
    parser.add_argument("--shards", type=int, default=12)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("metrics", "ray_engine.json"))
    args = parser.parse_args()

    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        turns = write_shards(args.corpus, args.dialogues, args.shards, folder / "all")
        write_shards(args.corpus, 2, 2, folder / "few")
        seconds: dict[str, list[float]] = {"local": [], "ray": []}
        start: dict[str, list[float]] = {"local": [], "ray": []}
        for _ in range(args.repetitions):
            for engine, options in ENGINES.items():
                for source, times in (("all", seconds), ("few", start)):
                    output = folder / f"{source}-{engine}"
                    shutil.rmtree(output, ignore_errors=True)
                    command = [sys.executable, "-m", "spacy", "casn", "annotate", args.model]
                    command += [str(folder / source), str(output), *options]
                    begin = time.perf_counter()
                    subprocess.run(command, check=True)
                    times[engine].append(round(time.perf_counter() - begin, 1))
        difference = largest_difference(folder / "all-local", folder / "all-ray")
    metrics = {
        "model": args.model,
        **machine(),
        "cores": os.cpu_count(),
        "dialogues": args.dialogues,
        "turns": turns,
        "shards": args.shards,
        "seconds": seconds,
        "seconds_to_start": start,
        "ray_over_local": ratio(seconds["local"], seconds["ray"]),
        "ray_over_local_once_started": ratio(
            subtracted(seconds["local"], start["local"]), subtracted(seconds["ray"], start["ray"])
        ),
        "largest_difference_of_scores": difference,
    }
    with replaced_when_whole(args.output) as temporary_file:
        srsly.write_json(temporary_file, metrics)


def ratio(local: list[float], ray: list[float]) -> float:
    """How many times as fast Ray is, the median of the repetitions."""
    return round(statistics.median(a / b for a, b in zip(local, ray, strict=True)), 3)


def subtracted(whole: list[float], start: list[float]) -> list[float]:
    """What is left of each time without the start."""
    return [a - b for a, b in zip(whole, start, strict=True)]


def write_shards(corpus: Path, dialogues: int, shards: int, folder: Path) -> int:
    """The first train dialogues as JSON lines in a new folder; gives the number of turns."""
    nlp = spacy.blank("en")
    examples = DialogueCorpus(corpus / "train.spacy", limit=dialogues)(nlp)
    rows = [
        {"turns": [{"text": turn.text} for turn in example.reference.spans["turns"]]}
        for example in examples
    ]
    folder.mkdir()
    for shard in range(shards):
        srsly.write_jsonl(folder / f"{shard:03}.jsonl", rows[shard::shards])
    return sum(len(row["turns"]) for row in rows)


def largest_difference(left: Path, right: Path) -> float:
    """Of two folders' scores; raises ValueError where the turns differ."""
    largest = 0.0
    for path in sorted(left.iterdir()):
        pairs = zip(srsly.read_jsonl(path), srsly.read_jsonl(right / path.name), strict=True)
        for one, other in pairs:
            for turn, same in zip(one["turns"], other["turns"], strict=True):
                if turn["text"] != same["text"]:
                    raise ValueError(f"{path.name}: '{turn['text']}' is not '{same['text']}'.")
                scores = [list(each["scores"].values()) for each in (turn, same)]
                largest = max(largest, float(np.abs(np.subtract(*scores)).max(initial=0)))
    return largest


if __name__ == "__main__":
    main()
