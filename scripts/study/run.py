"""Run the study: train and measure every run of configs/study.yml with every seed.

    python -m scripts.study.run
    python -m scripts.study.run --only ce triplet --seeds 0 --jobs 2

What metrics/study/ already holds for the same settings is skipped, so the study can be stopped
at any time and goes on where it was; with `--weights` only if training/study/ has its weights
too. At the end it prints one table; `report.py` writes it, with the pictures, into the
documents.
"""

import argparse
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import srsly
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from spacy.util import registry
from thinc.api import Config

from benchmarks.common import machine
from scripts.study.report import summary, table
from spacy_casn.pipeline.pretrained import PIPELINES, load
from spacy_casn.storage.files import replaced_when_whole

RUNS = Path("configs", "study.yml")
METRICS = Path("metrics", "study")
TRAINING = Path("training", "study")
MEASURE = Path(__file__).with_name("measure.py")
TABLE_WIDTH = 190
"""Characters; a narrower table would break its figures apart."""
SHARED = Lock()
"""Two runs at once need the same vectors or pretrained pipeline, but only one is to make them."""
WEIGHTS: dict[Path, RLock] = {}
"""And so with the weights that several runs build on, by their folder."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="Names of runs; by default all.")
    parser.add_argument("--seeds", nargs="*", type=int, help="By default those of the file.")
    parser.add_argument(
        "--weights",
        action="store_true",
        help="Train again what has its figures but no weights here, and keep the weights.",
    )
    parser.add_argument("--gpu-id", type=int, default=-1)
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        help="Runs at once; the cores are divided, unless OMP_NUM_THREADS is set.",
    )
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // args.jobs)))
    console = Console()
    plan = srsly.read_yaml(RUNS)
    runs = {run["name"]: run for run in plan["runs"]}
    if unknown := set(args.only or ()) - set(runs):
        parser.error(f"{RUNS} has no run {sorted(unknown)}: it has {', '.join(runs)}.")
    chosen = with_origins(args.only or list(runs), runs)
    steps = [
        (name, seed)
        for seed in args.seeds or plan["seeds"]
        for name in chosen
        if seed in runs[name].get("seeds", [seed])
    ]
    if args.weights:
        for name in chosen:
            runs[name]["keep"] = True
    do = ensure_weights if args.weights else perform
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    futures: dict[tuple[str, int], Future] = {}
    with (
        ThreadPoolExecutor(args.jobs) as executor,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("study", total=len(steps))
        for name, seed in steps:
            # What a run builds on was submitted before it, so waiting for it comes to an end.
            before = [futures[origin, seed] for origin in origins(runs[name])]
            step = executor.submit(once_done, before, do, runs[name], seed, runs, args.gpu_id)
            futures[name, seed] = step
        names = {future: f"{name}, seed {seed}" for (name, seed), future in futures.items()}
        try:
            for future in as_completed(names):
                future.result()
                progress.update(task, advance=1, description=f"done: {names[future]}")
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    console.width = max(console.width, TABLE_WIDTH)
    console.print(table(summary(METRICS, plan)))


def with_origins(names: list[str], runs: dict[str, Any]) -> list[str]:
    """The names, each after the runs that it builds on, and those after theirs."""
    before = [(*with_origins(origins(runs[name]), runs), name) for name in names]
    return list(dict.fromkeys(name for chain in before for name in chain))


def origins(run: dict[str, Any]) -> list[str]:
    """The runs whose weights another needs: that which it starts from, and its teachers."""
    after = [run["after"]] if "after" in run else []
    return [*after, *run.get("teachers", [])]


def once_done(before: Sequence[Future], do: Callable[..., None], *arguments: Any) -> None:
    """Do something once what it builds on, which may still be at work, has come to its end."""
    for future in before:
        future.result()
    do(*arguments)


def perform(run: dict[str, Any], seed: int, runs: dict[str, Any], gpu_id: int = -1) -> None:
    """Train and measure one run with one seed, unless that was done before."""
    output = METRICS / f"{run['name']}-{seed}.json"
    fingerprint = recipe(run, seed, runs)
    if output.exists() and srsly.read_json(output)["recipe"] == fingerprint:
        return
    folder = TRAINING / f"{run['name']}-{seed}"
    config = configure(run, seed)
    vectors = Path(config["paths"].get("vectors_file") or "")
    if vectors.name:
        with SHARED:
            if not vectors.exists():
                encode(config, vectors, gpu_id)
    for origin in origins(run):
        ensure_weights(runs[origin], seed, runs, gpu_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if "start" in run:
        with SHARED:
            load(run["start"]).to_disk(TRAINING / run["start"])
    if "teachers" in run:
        be_taught(run, seed, gpu_id)
    config.to_disk(folder / "config.cfg")
    train = [sys.executable, "-m", "spacy", "train", str(folder / "config.cfg")]
    train += ["--output", str(folder), "--gpu-id", str(gpu_id)]
    training = in_own_process(train, folder / "train.log")
    corpus = Path("corpus", run["dataset"])
    measure = [sys.executable, str(MEASURE), "pipeline", str(folder / "model-best"), str(corpus)]
    measure += ["--output", str(folder / "measured.json"), "--gpu-id", str(gpu_id)]
    if vectors.name:
        measure += ["--vectors", str(vectors)]
    if "also" in run:
        measure += ["--decisions"]
    measuring = in_own_process(measure, folder / "measure.log")
    result = {
        "run": run["name"],
        "seed": seed,
        "dataset": run["dataset"],
        "recipe": fingerprint,
        **machine(),
        # Those of the processes that did it; this one may have another number.
        "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
        "train_seconds": training["seconds"],
        "train_cpu_seconds": training["cpu_seconds"],
        "train_peak_mb": training["peak_mb"],
        "measure_peak_mb": measuring["peak_mb"],
        **srsly.read_json(folder / "measured.json"),
    }
    with replaced_when_whole(output) as temporary:
        srsly.write_json(temporary, result)
    shutil.rmtree(folder / "model-last")
    wanted = any(run["name"] in origins(other) for other in runs.values())
    if not (wanted or run.get("keep")):
        shutil.rmtree(folder / "model-best")


def ensure_weights(run: dict[str, Any], seed: int, runs: dict[str, Any], gpu_id: int = -1) -> None:
    """Have the weights of a run, even where its figures are already there; see `perform`."""
    folder = TRAINING / f"{run['name']}-{seed}"
    with WEIGHTS.setdefault(folder, RLock()):
        # A training that was stopped has left weights, but wasn't measured.
        whole = all((folder / made).exists() for made in ("model-best", "measured.json"))
        if not whole:
            (METRICS / f"{run['name']}-{seed}.json").unlink(missing_ok=True)
        perform(run, seed, runs, gpu_id)


def be_taught(run: dict[str, Any], seed: int, gpu_id: int) -> None:
    """Write what the run's teachers hold of the training dialogues."""
    taught = taught_corpus(run, seed)
    command = [sys.executable, "-m", "spacy", "casn", "teach"]
    command += [str(Path("corpus", run["dataset"], "train.spacy")), str(taught)]
    command += [str(TRAINING / f"{teacher}-{seed}" / "model-best") for teacher in run["teachers"]]
    in_own_process([*command, "--gpu-id", str(gpu_id)], taught.with_suffix(".log"))


def taught_corpus(run: dict[str, Any], seed: int) -> Path:
    return TRAINING / f"{run['name']}-{seed}" / "taught.spacy"


def configure(run: dict[str, Any], seed: int) -> Config:
    """The run's config, its changes and paths filled in."""
    config = Config().from_disk(Path("configs", run["config"]), interpolate=False)
    for place, value in run.get("change", {}).items():
        *sections, key = place.split(".")
        section = config
        for name in sections:
            section = section[name]
        section[key] = value
    corpus = Path("corpus", run["dataset"])
    paths = {"train": corpus / "train.spacy", "dev": corpus / "dev.spacy"}
    if "vectors_file" in config["paths"] and not run.get("tuned"):
        encoder = config["components"]["casn_emotion"]["model"]["encoder"]["name"]
        paths["vectors_file"] = TRAINING / f"{run['dataset']}-{Path(encoder).name}.safetensors"
    if origin := run.get("after"):
        paths["warm_start"] = TRAINING / f"{origin}-{seed}" / "model-best"
    elif "start" in run:
        paths["warm_start"] = TRAINING / run["start"]
    if "teachers" in run:
        paths["train"] = taught_corpus(run, seed)
    config["paths"].update({name: str(path) for name, path in paths.items()})
    config["system"]["seed"] = seed
    return config


def recipe(run: dict[str, Any], seed: int, runs: dict[str, Any]) -> str:
    """A sum over all settings of a run and of those that it builds on."""
    settings = [run["dataset"], without_defaults(configure(run, seed)), "also" in run]
    settings += [recipe(runs[origin], seed, runs) for origin in origins(run)]
    if "start" in run:
        settings.append(PIPELINES[run["start"]].sha256)
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def without_defaults(section: dict[str, Any]) -> dict[str, Any]:
    """The settings that aren't their function's defaults.

    So a new setting, whose default is what was done before, leaves the recipe as it is.
    """
    settings = {
        name: without_defaults(value) if isinstance(value, dict) else value
        for name, value in section.items()
    }
    for name in [name for name in settings if name.startswith("@")]:
        function = registry.get(name.removeprefix("@"), settings[name])
        for parameter in inspect.signature(function).parameters.values():
            if settings.get(parameter.name, ...) == parameter.default:
                del settings[parameter.name]
    return settings


def encode(config: Config, vectors: Path, gpu_id: int) -> None:
    """Encode a corpus once for all runs, and note what that took."""
    encoder = config["components"]["casn_emotion"]["model"]["encoder"]["name"]
    corpus = Path(config["paths"]["dev"]).parent
    command = [sys.executable, str(MEASURE), "encode", encoder, str(corpus), str(vectors)]
    command += ["--gpu-id", str(gpu_id)]
    usage = in_own_process(command, vectors.with_suffix(".log"))
    note = {"encoder": encoder, "dataset": corpus.name, **usage}
    srsly.write_json(METRICS / f"encode-{vectors.stem}.json", note)


def in_own_process(command: list[str], log: Path) -> dict[str, float]:
    """Run a command to its end: wall and processor time in seconds, peak resident memory in MB.

    Raises SystemExit where it fails, with the place of its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    METRICS.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"'{' '.join(command)}' ended with {process.returncode}: see {log}.")
    seconds = time.perf_counter() - start
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
