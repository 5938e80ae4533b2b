"""Tables of docs/reliability.md, each from its metrics file; for `benchmark_report.py`."""

from typing import Any

Metrics = dict[str, Any]


def table(head: str, rows: list[list[Any]]) -> str:
    """Rows below a head, whole numbers with commas."""
    columns = head.count("|") - 1
    lines = [head, "|" + "---|" * columns]
    for row in rows:
        cells = [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def hostile(metrics: Metrics) -> str:
    """What became of hostile inputs."""
    names = ("inputs", "turns", "refused", "crashes", "lost")
    rows = [
        [target, *(found[name] for name in names)] for target, found in metrics["targets"].items()
    ]
    rows.append(["**all**", *(metrics[name] for name in names)])
    return table(
        "| given to | inputs | turns | rightly refused | crashes | lost turns |",
        rows,
    )


def kills(metrics: Metrics) -> str:
    """What became of work that was killed."""
    names = ("kills", "before_the_end", "partial", "differing", "left_behind")
    works = metrics["work"]
    rows = [
        [work, found["seconds"], *(found[name] for name in names)] for work, found in works.items()
    ]
    sums = [sum(found[name] for found in works.values()) for name in names]
    rows.append(["**all**", "", *sums])
    return table(
        "| work | undisturbed, s | kills | before its end | not whole afterwards "
        "| other bytes after the next run | temporary files left |",
        rows,
    )


def long_run(metrics: Metrics) -> str:
    """What a service's process looks like, and how long it takes to answer."""
    courses = [
        (title, metrics[name])
        for name, title in (
            ("rss_mb", "memory, MB"),
            ("private_mb", "… of which its own, MB"),
            ("open_files", "open files"),
            ("os_threads", "threads"),
        )
    ]
    rows = [
        [title, found["after_warm_up"], found["at_end"], f"{found['growth_percent']:+.2f} %"]
        for title, found in courses
    ]
    latency = [
        [name, *(found[key] for key in ("p50", "p90", "p99", "max"))]
        for name, found in metrics["latency_ms"].items()
    ]
    said = (
        f"{metrics['minutes']:.0f} minutes, {metrics['requests']:,} requests, "
        f"{metrics['turns']:,} turns, {metrics['turns_per_second']} turns/s on one thread of "
        f"{metrics['processor']}.\n\n"
    )
    first = table("| the process | after warm-up | at the end | growth |", rows)
    return said + first + "\n" + table("| latency, ms | p50 | p90 | p99 | max |", latency)


def coverage(metrics: Metrics) -> str:
    """How much the tests run."""
    rows = [
        [name, metrics[name], metrics[f"{name}_covered"], f"≥ {goal}"]
        for name, goal in (("lines", 95), ("branches", 90))
    ]
    return table("| of the package | all | covered, % | to reach |", rows)


def mutation(metrics: Metrics) -> str:
    """How many slips the tests notice."""
    rows = [
        [f"`{module}`", found["slips"], f"{100 * found.get('noticed', 0) / found['slips']:.0f}"]
        for module, found in metrics["modules"].items()
    ]
    rows.append(["**all** (to reach: 85)", metrics["slips"], f"**{metrics['score']}**"])
    return table("| module | slips | noticed, % |", rows)
