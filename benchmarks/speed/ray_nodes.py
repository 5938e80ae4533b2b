"""Annotate on a Ray cluster of three nodes beside one process, and see what Ray itself takes.

    python -m benchmarks.speed.ray_nodes pretrained
    python -m benchmarks.speed.ray_nodes fast --dialogues 30000

Each node has a network namespace and one core of its own to give, which needs root on Linux. Then
once more: one node is killed as soon as a file is finished, and another joins. All outputs are
compared. Nodes that share a machine's cores finish no sooner, so what counts is processor time:
that of the workers, and that of Ray, with its services on all nodes and the command that waits.
Adds to metrics/ray_nodes.json.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import srsly

from benchmarks.common import machine
from benchmarks.speed.ray_engine import largest_difference, write_shards
from spacy_casn.storage.files import replaced_when_whole
from tests.annotation.ray_nodes import HEAD, RayNodes

WORKER = "ray::ShardWorker"
TICK = os.sysconf("SC_CLK_TCK")
Used = dict[tuple[int, int], float]
"""Processor seconds, by a process' number and start."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A trained pipeline's directory, package or name.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--dialogues", type=int, default=3000)
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--output", type=Path, default=Path("metrics", "ray_nodes.json"))
    args = parser.parse_args()

    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        turns = write_shards(args.corpus, args.dialogues, args.shards, folder / "in")
        casn = [sys.executable, "-m", "spacy", "casn", "annotate", args.model, str(folder / "in")]
        found = {
            "turns": turns,
            "dialogues": args.dialogues,
            "shards": args.shards,
            "local": local([*casn, str(folder / "local")]),
            "three nodes": on_nodes([*casn, str(folder / "three")], folder / "three"),
            "one lost, one late": on_nodes([*casn, str(folder / "lost")], folder / "lost", lose=3),
        }
        found["largest_difference_of_scores"] = max(
            largest_difference(folder / "local", folder / name) for name in ("three", "lost")
        )
    metrics = srsly.read_json(args.output) if args.output.exists() else {}
    metrics[Path(args.model).name] = {**machine(), **found}
    with replaced_when_whole(args.output) as temporary_file:
        srsly.write_json(temporary_file, metrics)


def local(command: list[str]) -> dict[str, float]:
    """One process of one thread."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.perf_counter() - start, 1), "worker_seconds": round(used, 1)}


def on_nodes(command: list[str], output: Path, *, lose: int | None = None) -> dict[str, float]:
    """Three nodes with a core each, one of which is lost for one that comes."""
    with RayNodes() as nodes:
        for node in (2, 3, 4):
            nodes.start(node)
        watched = Watched(nodes)
        start = time.perf_counter()
        with subprocess.Popen(
            nodes.command(HEAD, *command, "--engine", "ray"), env=nodes.environment
        ) as process:
            while process.poll() is None:
                watched.look()
                if lose is not None and output.is_dir() and any(output.glob("*.jsonl")):
                    nodes.kill(lose)
                    nodes.start(5)
                    lose = None
                time.sleep(0.2)
        if process.returncode:
            raise RuntimeError(f"The command ended with {process.returncode}: see above.")
        return {"seconds": round(time.perf_counter() - start, 1), **watched.seconds()}


class Watched:
    """Sums up what the processes of all nodes use from now on, also of those that end."""

    def __init__(self, nodes: RayNodes) -> None:
        self.nodes = nodes
        self.workers: set[tuple[int, int]] = set()
        self.before = self._used()
        self.used = dict(self.before)

    def look(self) -> None:
        self.used.update(self._used())

    def seconds(self) -> dict[str, float]:
        spent = {each: used - self.before.get(each, 0.0) for each, used in self.used.items()}
        workers = sum(spent[each] for each in self.workers)
        ray = sum(spent.values()) - workers
        return {"worker_seconds": round(workers, 1), "ray_seconds": round(ray, 1)}

    def _used(self) -> Used:
        found = {}
        for process, command in self.nodes.processes().items():
            try:
                line = Path("/proc", str(process), "stat").read_text(encoding="utf-8")
            except OSError:  # it has ended
                continue
            fields: list[Any] = line.rpartition(")")[2].split()
            each = process, int(fields[19])
            found[each] = (int(fields[11]) + int(fields[12])) / TICK
            if command.startswith(WORKER):
                self.workers.add(each)
        return found


if __name__ == "__main__":
    main()
