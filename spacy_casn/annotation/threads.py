"""How many threads PyTorch computes on."""

import os

import torch


def use_threads(asked: int | None = None) -> None:
    """Have PyTorch compute on so many threads from now on.

    Threads on cores that others keep busy make all wait for the slowest: several are slower than
    one then. So by default there is one for each core that is idle now, but where the environment
    sets OMP_NUM_THREADS, or the system doesn't tell how busy it is, PyTorch's own number stays.

    Args:
        asked: How many.

    Raises:
        ValueError: there must be at least one.
    """
    if asked is not None and asked < 1:
        raise ValueError(f"`threads` = {asked}: give at least 1.")
    if asked is None and "OMP_NUM_THREADS" not in os.environ and hasattr(os, "getloadavg"):
        cores = os.cpu_count() or 1
        idle = max(0.0, 1 - os.getloadavg()[0] / cores)
        asked = max(1, round(torch.get_num_threads() * idle))
    if asked is not None:
        torch.set_num_threads(asked)
