"""Patches of other libraries and hooks into them, each with its reason.

Those around forks keep worker processes from hanging and from taking each other's cores.

PyTorch's threads don't survive a fork, and a worker that waits for them waits for ever; and
workers that each had a thread for every core would stand in each other's way. A worker
therefore runs on one thread. The tokenizers library switches its own threads off, and is told
so before the fork, lest it prints a warning in each worker.
"""

import ctypes
import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import srsly.msgpack
import torch

_TOKENIZERS = "TOKENIZERS_PARALLELISM"


class _ForkHooks:
    def __init__(self) -> None:
        self._before: str | None = None

    def before(self) -> None:
        self._before = os.environ.get(_TOKENIZERS)
        os.environ[_TOKENIZERS] = "false"

    def after_in_parent(self) -> None:
        if self._before is None:
            del os.environ[_TOKENIZERS]
        else:
            os.environ[_TOKENIZERS] = self._before

    def after_in_child(self) -> None:
        torch.set_num_threads(1)
        # What the parent left over may hold threads too: to collect it here would wait for them.
        gc.freeze()


def register_fork_hooks() -> None:
    """Take effect for all later forks of this process; does nothing where there are none."""
    if hasattr(os, "register_at_fork"):
        hooks = _ForkHooks()
        os.register_at_fork(
            before=hooks.before,
            after_in_parent=hooks.after_in_parent,
            after_in_child=hooks.after_in_child,
        )


def one_thread_in_worker() -> None:
    """Run on one thread where this process was started by `multiprocessing`.

    While what it was given is unpickled, its name alone says so.
    """
    if multiprocessing.current_process().name != "MainProcess":
        torch.set_num_threads(1)


@contextmanager
def msgpack_plugins_known() -> Iterator[None]:
    """Keep srsly from searching all installed packages for plug-ins anew for every Doc.

    The search took longer than all the rest of the reading or writing. What it found the first
    time is what it finds every time.
    """
    plugins = (srsly.msgpack.msgpack_encoders, srsly.msgpack.msgpack_decoders)
    for registry in plugins:
        vars(registry)["get_all"] = registry.get_all().copy
    try:
        yield
    finally:
        for registry in plugins:
            vars(registry).pop("get_all", None)


class FreedMemory:
    """What the process has freed, and the C library keeps.

    Batches of ever other shapes leave gaps of ever other sizes, which glibc doesn't give back to
    the system by itself: a training of many short dialogues would grow by gigabytes.

    Args:
        trim: Gives it back; None where the C library does so, or has no function for it.
    """

    _WAIT = 200
    """How many times as long as the last call took no other follows: it takes 0.5 % at most."""

    def __init__(self, trim: Callable[[int], object] | None) -> None:
        self._trim = trim
        self._next = 0.0

    def give_back(self) -> None:
        """Give it to the system, unless that was done a moment ago."""
        begin = perf_counter()
        if self._trim is None or begin < self._next:
            return
        self._trim(0)
        end = perf_counter()
        self._next = end + self._WAIT * (end - begin)


def _malloc_trim() -> Callable[[int], object] | None:
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None


FREED_MEMORY = FreedMemory(_malloc_trim())
"""That of this process."""
