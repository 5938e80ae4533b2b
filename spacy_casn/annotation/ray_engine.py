"""Annotates shards on many workers at once, on the machines of a Ray cluster."""

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import ceil
from pathlib import Path
from typing import Any

import torch
from thinc.api import require_gpu

from .annotator import Annotator
from .progress import Progress
from .shards import RETRIES, Outcome, Settings, Shard, attempt
from .stores import is_url

LOOK = 2.0
"""Seconds after which the cluster is asked for machines that have come, at the latest."""
STARTS = 10
"""Workers that may die one after the other before their first shard, until the run is given up."""


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

    def annotate(self, shard: Shard) -> Outcome:
        """Annotate a shard, and say what became of it; the speakers' names stay here."""
        with Progress(None, hidden=True) as progress:
            outcome = attempt(self._load, shard, self.settings, progress)
        return replace(outcome, speakers=frozenset())

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


Machine = tuple[int, int]
"""Its cores and GPUs."""


@dataclass(frozen=True)
class Share:
    """What one worker gets of the cluster.

    Args:
        workers: How many there are.
        cpus: Cores of each.
        per_gpu: Workers that part a GPU evenly; 0 where they compute on cores.
    """

    workers: int
    cpus: int
    per_gpu: int = 0

    @property
    def gpus(self) -> float:
        """What a worker gets of a GPU."""
        return 1 / self.per_gpu if self.per_gpu else 0.0

    def places(self, machines: list[Machine]) -> int:
        """Return how many such workers find a place."""
        return sum(
            min(cores // self.cpus, gpus * self.per_gpu if self.per_gpu else cores)
            for cores, gpus in machines
        )


def share_out(machines: list[Machine], shards: int, workers: int | None = None) -> Share:
    """Return how many workers there are, and what each gets, so that no core has two masters.

    Args:
        machines: What the cluster has.
        shards: Files to annotate; there is no use for more workers than that.
        workers: How many were asked for; None for one a GPU, or one a core.

    Raises:
        ValueError: more workers than cores, or no cores.
    """
    cores = sum(machine_cores for machine_cores, _ in machines)
    gpus = sum(machine_gpus for _, machine_gpus in machines)
    if workers is not None and not 1 <= workers <= cores:
        raise ValueError(f"`workers` = {workers}: give 1 to {cores}, the cores that Ray sees.")
    count = min(shards, workers or gpus or cores)
    share = Share(count, 1, ceil(count / gpus) if gpus else 0)
    count = min(count, share.places(machines))
    if count < 1:
        raise ValueError(f"Ray sees no core to work on ({machines}): give its machines some.")
    while True:
        larger = replace(share, workers=count, cpus=share.cpus + 1)
        if larger.places(machines) < count:
            return replace(share, workers=count)
        share = larger


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
    this machine. All machines must see the files and the pipeline under the same paths. A shard
    whose machine is lost is given to another worker; a machine that comes gets workers too.

    Args:
        model: A pipeline's directory or package.
        shards: In any order.
        settings: Those of the run.
        progress: Grows by each finished shard.
        workers: How many; see `share_out`.

    Raises:
        ValueError: Ray isn't installed or doesn't answer, hasn't as many cores as workers are
            asked for, can't start any, or stopped itself.
    """
    if not shards:
        return []
    with _cluster() as ray:
        share = share_out(_machines(ray), len(shards), workers)
        options = {"num_cpus": share.cpus, "num_gpus": share.gpus}
        path = str(Path(model).absolute()) if Path(model).exists() else model
        hire = partial(
            ray.remote(**options)(ShardWorker).remote, path, settings, share.cpus, share.gpus > 0
        )
        crew = _Crew(ray, hire, lambda: workers or share.places(_machines(ray)))
        shards = [
            replace(shard, source=_absolute(shard.source), output=_absolute(shard.output))
            for shard in shards
        ]
        outcomes: dict[Shard, Outcome] = {}
        try:
            for shard, outcome in crew.annotated(shards):
                outcomes[shard] = outcome
                progress.finish(shard.size, outcome.turns)
        except ray.exceptions.RayError as error:
            raise ValueError(
                f"Ray stopped after {len(outcomes)} of {len(shards)} files "
                f"({_first_line(error)}): the same command takes up what is missing."
            ) from error
        finally:
            crew.dismiss()
    return [outcomes[shard] for shard in shards]


class _Crew:
    """Workers, each with one shard at a time; where one is lost, another takes its shard.

    Args:
        ray: The module.
        hire: Starts a worker somewhere, as soon as there is room.
        wanted: How many workers there is room for at the moment.
    """

    def __init__(self, ray: Any, hire: Callable[[], Any], wanted: Callable[[], int]) -> None:
        self._ray = ray
        self._hire = hire
        self._wanted = wanted
        self._tasks: dict[Any, tuple[Any, Shard | None]] = {}
        """By Ray's reference: the worker, and its shard, or None while it starts."""

    def annotated(self, shards: list[Shard]) -> Iterator[tuple[Shard, Outcome]]:
        """Yield each shard once, as it is finished or given up.

        Raises:
            ValueError: no worker starts.
        """
        waiting = deque(shards)
        lost: Counter[Shard | None] = Counter()
        while waiting or any(shard is not None for _, shard in self._tasks.values()):
            # A worker gets a shard when it is there: where there is no room yet, none waits.
            starting = sum(shard is None for _, shard in self._tasks.values())
            for _ in range(min(self._wanted() - len(self._tasks), len(waiting) - starting)):
                worker = self._hire()
                self._tasks[worker.__ray_ready__.remote()] = worker, None
            done, _ = self._ray.wait([*self._tasks], timeout=LOOK)
            for task in done:
                worker, shard = self._tasks.pop(task)
                try:
                    outcome = self._ray.get(task)
                except self._ray.exceptions.RayError as error:
                    self._ray.kill(worker)  # it may only be out of reach
                    lost[shard] += 1
                    if shard is None and lost[None] >= STARTS:
                        raise ValueError(
                            f"Ray's workers end before they begin ({_first_line(error)}): see that "
                            f"all machines have spacy_casn and its packages in the same versions."
                        ) from error
                    if shard is not None and lost[shard] <= RETRIES:
                        waiting.append(shard)
                    elif shard is not None:
                        yield shard, Outcome(error=f"{shard.source}: its worker died each time")
                    continue
                if waiting:
                    following = waiting.popleft()
                    self._tasks[worker.annotate.remote(following)] = worker, following
                if shard is None:
                    lost[None] = 0
                else:
                    yield shard, outcome

    def dismiss(self) -> None:
        """End the workers."""
        for worker, _ in self._tasks.values():
            self._ray.kill(worker)


def _machines(ray: Any) -> list[Machine]:
    """Return those that are alive."""
    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [(int(have.get("CPU", 0)), int(have.get("GPU", 0))) for have in resources]


def _absolute(name: str) -> str:
    """Return what workers, who stand in another folder, find a file by."""
    return name if is_url(name) else str(Path(name).absolute())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


@contextmanager
def _cluster() -> Iterator[Any]:
    """Give Ray, connected."""
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The engine ray needs the package {error.name}: `pip install spacy-casn[ray]`."
        ) from error
    started = not ray.is_initialized()
    if started:
        # Ray would otherwise report to its makers how it is used.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except ConnectionError as error:
            raise ValueError(
                f"{_first_line(error)}: see that RAY_ADDRESS names one that runs, and that "
                f"RAY_AUTH_TOKEN is its token."
            ) from error
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()
