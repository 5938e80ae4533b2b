"""Patches of other libraries and hooks into them, each with its reason.

Those around forks keep worker processes from hanging and from taking each other's cores.

PyTorch's threads don't survive a fork, and a worker that waits for them waits for ever; and
workers that each had a thread for every core would stand in each other's way. A worker
therefore runs on one thread. The tokenizers library switches its own threads off, and is told
so before the fork, lest it prints a warning in each worker.
"""

import gc
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager

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
    """Keep srsly from searching all installed packages for decoders anew for every Doc.

    The search took longer than all the rest of the reading. What it finds is registered, so
    that it is there without a search.
    """
    decoders = srsly.msgpack.msgpack_decoders
    for name, decoder in decoders.get_entry_points().items():
        decoders.register(name, func=decoder)
    searches = decoders.entry_points
    decoders.entry_points = False
    try:
        yield
    finally:
        decoders.entry_points = searches
