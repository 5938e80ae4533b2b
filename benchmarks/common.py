"""What several benchmarks share: the machine, and means with their spread."""

import os
import platform
import statistics
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return what the figures hold for: processor, cores and threads."""
    import torch

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor()
    threads = torch.get_num_threads()
    capability = torch.backends.cpu.get_cpu_capability()
    return {"processor": f"{processor}, {capability}", "cores": os.cpu_count(), "threads": threads}


def spread(values: list[float]) -> tuple[float, float]:
    """Return mean and standard deviation."""
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def figure(mean: float, deviation: float, seeds: int) -> str:
    """Return a mean as the documents show it, with its spread over the seeds."""
    return f"{mean:.1f} ± {deviation:.1f}" if seeds > 1 else f"{mean:.1f}"


def table(head: str, rows: list[list[Any]]) -> str:
    """Return a table of Markdown: rows below a head, whole numbers with commas."""
    columns = head.count("|") - 1
    lines = [head, "|" + "---|" * columns]
    for row in rows:
        cells = [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
