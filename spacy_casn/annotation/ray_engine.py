"""Annotates shards on many workers at once, by Ray Data."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from thinc.api import require_gpu

from .annotator import Annotator
from .progress import Progress
from .shards import RETRIES, Outcome, Settings, Shard, attempt


class ShardWorker:
    """Lives in a worker and keeps the pipeline warm from one shard to the next.

    Args:
        model: A pipeline's directory or package.
        settings: Those of the run.
        threads: PyTorch's threads.
        gpu: Whether the pipeline runs on the GPU that Ray gave this worker.
    """

    def __init__(self, model: str, settings: Settings, threads: int, gpu: bool) -> None:
        self.model = model
        self.settings = settings
        self.gpu = gpu
        torch.set_num_threads(threads)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Annotate the shards `source` to `output`, and say what became of each."""
        shards = [
            Shard(Path(source), Path(output))
            for source, output in zip(batch["source"], batch["output"], strict=True)
        ]
        with Progress(None, hidden=True) as progress:
            outcomes = [attempt(self._load, shard, self.settings, progress) for shard in shards]
        return {
            "output": [str(shard.output) for shard in shards],
            "dialogues": [outcome.dialogues for outcome in outcomes],
            "turns": [outcome.turns for outcome in outcomes],
            "left_out": [outcome.left_out for outcome in outcomes],
            "error": [outcome.error for outcome in outcomes],
        }

    def _load(self) -> Annotator:
        return self._annotator

    @cached_property
    def _annotator(self) -> Annotator:
        if self.gpu:
            try:
                require_gpu()
            except ValueError as error:
                raise ValueError(
                    f"Ray sees a GPU that spaCy can't use ({error}): install CuPy for it, or hide "
                    f"it by CUDA_VISIBLE_DEVICES=''."
                ) from error
        return Annotator.load(self.model, neutral=self.settings.neutral)


@dataclass(frozen=True)
class Share:
    """What one worker gets of the cluster."""

    workers: int
    cpus: int
    gpus: float = 0.0


def share_out(nodes: list[tuple[int, int]], shards: int, workers: int | None = None) -> Share:
    """Return how many workers there are, and what each gets, so that no core has two masters.

    Args:
        nodes: Cores and GPUs of each machine.
        shards: Files to annotate; there is no use for more workers than that.
        workers: How many were asked for; None for one a GPU, or one a core.

    Raises:
        ValueError: more workers than cores, or no cores.
    """
    cores = sum(node_cores for node_cores, _ in nodes)
    gpus = sum(node_gpus for _, node_gpus in nodes)
    if workers is not None and not 1 <= workers <= cores:
        raise ValueError(f"`workers` = {workers}: give 1 to {cores}, the cores that Ray sees.")
    count = min(shards, workers or gpus or cores)
    # A GPU that several workers share is parted evenly.
    per_gpu = ceil(count / gpus) if gpus else 0
    hosts = [
        (node_cores, node_gpus * per_gpu if gpus else node_cores) for node_cores, node_gpus in nodes
    ]
    count = min(count, _places(hosts, 1))
    if count < 1:
        raise ValueError(f"Ray sees no core to work on ({nodes}): give its machines some.")
    cpus = 1
    while _places(hosts, cpus + 1) >= count:
        cpus += 1
    return Share(count, cpus, 1 / per_gpu if gpus else 0.0)


def _places(hosts: list[tuple[int, int]], cpus: int) -> int:
    """Return how many workers of so many cores find a place; hosts have cores and room."""
    return sum(min(room, cores // cpus) for cores, room in hosts)


def annotate_shards(
    model: str,
    shards: list[Shard],
    settings: Settings,
    progress: Progress,
    *,
    workers: int | None = None,
) -> list[Outcome]:
    """Annotate each shard in one of the workers; what a shard holds never leaves it.

    A Ray that runs already, or that RAY_ADDRESS names, is used; otherwise one is started on
    this machine. All machines must see the files and the pipeline under the same paths.

    Args:
        model: A pipeline's directory or package.
        shards: In any order.
        settings: Those of the run.
        progress: Grows by each finished shard.
        workers: How many; see `share_out`.

    Raises:
        ValueError: Ray isn't installed, hasn't as many cores as workers are asked for, or
            stopped itself.
    """
    if not shards:
        return []
    with _cluster() as (ray, nodes):
        share = share_out(nodes, len(shards), workers)
        items = [
            {"source": str(shard.source.absolute()), "output": str(shard.output.absolute())}
            for shard in shards
        ]
        worker = {
            "model": str(Path(model).absolute()) if Path(model).exists() else model,
            "settings": settings,
            "threads": share.cpus,
            "gpu": share.gpus > 0,
        }
        dataset = ray.data.from_items(items, override_num_blocks=len(items))
        with warnings.catch_warnings():
            # Ray 2.60 says that max_task_retries will go, and has nothing else to bound them.
            warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
            annotated = dataset.map_batches(
                ShardWorker,
                fn_constructor_kwargs=worker,
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(
                    size=share.workers, max_tasks_in_flight_per_actor=1
                ),
                num_cpus=share.cpus,
                num_gpus=share.gpus,
                max_task_retries=RETRIES,
            )
        # A shard that kills its worker each time is given up, and the others go on.
        annotated.context.max_errored_blocks = -1
        annotated.context.enable_progress_bars = False
        known = {item["output"]: shard for item, shard in zip(items, shards, strict=True)}
        outcomes: dict[str, Outcome] = {}
        try:
            for row in annotated.iter_rows():
                outcomes[row["output"]] = Outcome(
                    row["dialogues"], row["turns"], row["left_out"], row["error"]
                )
                progress.finish(known[row["output"]].size, row["turns"])
        except ray.exceptions.RayError as error:
            raise ValueError(
                f"Ray stopped after {len(outcomes)} of {len(shards)} files "
                f"({str(error).partition(chr(10))[0]}): the same command takes up what is missing."
            ) from error
    return [
        outcomes.get(output, Outcome(error=f"{shard.source}: its worker died each time"))
        for output, shard in known.items()
    ]


@contextmanager
def _cluster() -> Iterator[tuple[Any, list[tuple[int, int]]]]:
    """Return Ray, and the cores and GPUs of its machines."""
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The engine ray needs the package {error.name}: `pip install spacy-casn[ray]`."
        ) from error
    started = not ray.is_initialized()
    if started:
        # Ray would otherwise report to its makers how it is used.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    logger = logging.getLogger("ray.data")
    level = logger.level
    # What failed is reported at the end, in one sentence.
    logger.setLevel(logging.CRITICAL)
    try:
        resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        yield ray, [(int(have.get("CPU", 0)), int(have.get("GPU", 0))) for have in resources]
    finally:
        logger.setLevel(level)
        if started:
            ray.shutdown()
