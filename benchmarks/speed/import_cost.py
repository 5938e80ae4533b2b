"""Measure what it costs other programs that the package is installed, and what its own start costs.

    python -m benchmarks.speed.import_cost

Each run is a process of its own, that sees the entry points of spaCy alone, or of spaCy and this
package; they take turns. Other packages' entry points are left out of all. A start is the whole
command that annotates a small file. Writes metrics/import_cost.json.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import srsly

from benchmarks.common import machine
from spacy_casn.storage.files import replaced_when_whole

OURS = "spacy-casn"
SPACY = ("spacy", "spacy-legacy", "spacy-loggers")
TRANSCRIPT = Path("docs", "transcript.txt")
RUN = """
import importlib.metadata as metadata
import resource
import runpy
import sys

import catalogue

def used():
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_maxrss / 1024

catalogue.AVAILABLE_ENTRY_POINTS = metadata.EntryPoints(
    point
    for found in metadata.distributions()
    if found.metadata["Name"].replace("_", "-") in sys.argv[1].split(",")
    for point in found.entry_points
)
program, *arguments = sys.argv[2:]
sys.argv = ["spacy", *arguments]
before = 0.0, 0.0
if program == "floor":
    import spacy, torch
elif program == "blank":
    import spacy

    before = used()
    spacy.blank("en")
else:
    try:
        runpy.run_module("spacy", run_name="__main__")
    except SystemExit:
        pass
seconds, megabytes = (after - first for after, first in zip(used(), before))
print(seconds, megabytes, file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="Runs of each kind.")
    parser.add_argument("--output", type=Path, default=Path("metrics", "import_cost.json"))
    args = parser.parse_args()

    blank: dict[str, list[tuple[float, float]]] = {"spacy": [], "ours": []}
    helped: dict[str, list[tuple[float, float]]] = {"spacy": [], "ours": []}
    started: dict[str, list[float]] = {"floor": [], "fast": [], "pretrained": []}
    for run in range(-1, args.runs):
        with TemporaryDirectory() as folder:
            for name, seconds in started.items():
                casn = ["casn", "annotate", name, str(TRANSCRIPT), str(Path(folder, f"{name}.csv"))]
                program = ["floor"] if name == "floor" else ["command", *casn]
                seconds.append(measure(True, *program)[0])
        if run < 0:  # it may have had to compile the modules
            for seconds in started.values():
                seconds.clear()
            continue
        blank["spacy"].append(measure(False, "blank"))
        blank["ours"].append(measure(True, "blank"))
        helped["spacy"].append(measure(False, "command", "--help"))
        helped["ours"].append(measure(True, "command", "casn", "--help"))
    metrics = {
        **machine(),
        "runs": args.runs,
        "blank": {
            "processor_s": medians(blank, 0),
            "memory_mb": medians(blank, 1),
        },
        "help": {"processor_s": medians(helped, 0)},
        "start": {
            name: {"median": round(statistics.median(values), 2), "lowest": round(min(values), 2)}
            for name, values in started.items()
        },
    }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def measure(with_ours: bool, *program: str) -> tuple[float, float]:
    """Processor seconds and MB of memory: of `blank` once spaCy is imported, of a command whole."""
    seen = ",".join([*SPACY, OURS] if with_ours else SPACY)
    command = [sys.executable, "-c", RUN, seen, *program]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    one_thread.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=one_thread)
    seconds, megabytes = done.stderr.splitlines()[-1].split()
    return float(seconds), float(megabytes)


def medians(found: dict[str, list[tuple[float, float]]], part: int) -> dict[str, float]:
    """Medians without us and with us, and of the difference between runs next to each other."""
    alone, ours = ([run[part] for run in found[which]] for which in ("spacy", "ours"))
    added = [b - a for a, b in zip(alone, ours, strict=True)]
    return {
        "without": round(statistics.median(alone), 3),
        "with": round(statistics.median(ours), 3),
        "added": round(statistics.median(added), 3),
    }


if __name__ == "__main__":
    main()
