"""Tables of docs/reliability.md, each from its metrics file; for `benchmark_report.py`."""

from typing import Any

from benchmarks.common import table

Metrics = dict[str, Any]


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


def mixed_files(metrics: Metrics) -> str:
    """What became of files that are no talk, and of talks."""
    kinds = {"made": "logs, settings, code, mails, tables, made", "found": "files of the machine"}
    rows = [
        [
            kinds[kind],
            told["files"],
            told["line_by_line"],
            told["files"] - told["line_by_line"] - told["as"]["refused"],
            "",
        ]
        for kind, told in metrics["files"].items()
    ]
    talks = metrics["talks"].values()
    rows.append(
        [
            f"dialogues of {len(talks)} corpora, without names",
            sum(one["talks"] for one in talks),
            "",
            "",
            sum(one["refused"] for one in talks),
        ]
    )
    return table(
        "| given | files | taken line by line | read as another format | wrongly refused |", rows
    )


def hostile_pipelines(metrics: Metrics) -> str:
    """What became of pipelines that somebody tampered with."""
    names = ("tried", "code_run", "refused", "refused_clearly", "hung_or_died", "harmless")
    return table(
        "| pipelines tried | code run | refused | of these by a clear ValueError | hung or died "
        "| loaded, since the change is harmless |",
        [[metrics[name] for name in names]],
    )


def kills(metrics: Metrics) -> str:
    """What became of work that was killed."""
    names = ("kills", "before_the_end", "partial", "differing", "left_behind")
    works = metrics["work"]
    rows = [
        [work, f"{found['seconds']:.1f}", *(found[name] for name in names)]
        for work, found in works.items()
    ]
    sums = [sum(found[name] for found in works.values()) for name in names]
    rows.append(["**all**", "", *sums])
    return table(
        "| work | undisturbed, s | kills | before its end | not whole afterwards "
        "| other bytes after the next run | temporary files left |",
        rows,
    )


def long_run(metrics: Metrics) -> str:
    """Latency and memory of a service that ran for long."""
    sessions = metrics.get("sessions", 1)
    held = f"{sessions:,} live chats open, " if sessions > 1 else ""
    latencies = {"a dialogue": "dialogue", "a turn of a live chat": "live turn"}
    lines = [
        f"| {metrics['processor']}, {metrics['threads']} thread; {metrics['minutes']:.0f} minutes, "
        f"{held}{metrics['turns']:,} turns | p50 | p90 | p99 | max |",
        "|---|---|---|---|---|",
    ]
    measured = metrics["latency_ms"]
    for title, name in latencies.items():
        if name not in measured:
            continue
        digits = 0 if measured[name]["p50"] >= 10 else 1
        figures = [f"{value:,.{digits}f}" for value in measured[name].values()]
        lines.append(f"| {title}, ms | " + " | ".join(figures) + " |")
    courses = {
        "memory in use (RSS), MB": ("rss_mb", "≤ 2 %"),
        "of it no pages of files, MB": ("private_mb", "≤ 2 %"),
        "open files": ("open_files", "0 %"),
        "threads of the system": ("os_threads", "0 %"),
    }
    lines += [
        "",
        "| | after the warm-up | at the end | growth | to reach |",
        "|---|---|---|---|---|",
    ]
    for title, (name, goal) in courses.items():
        course = metrics[name]
        before, after = (f"{course[key]:,.0f}" for key in ("after_warm_up", "at_end"))
        lines.append(
            f"| {title} | {before} | {after} | {course['growth_percent']:.2f} % | {goal} |"
        )
    if sessions > 1:
        lines += [
            "",
            "| an open chat takes of memory | kB |",
            "|---|---|",
            f"| what the context encoder keeps of the latest turns | {metrics['session_kb']:.0f} |",
            f"| each turn, with its text and scores | {metrics['turn_kb']:.1f} |",
        ]
    return "\n".join(lines) + "\n"


def large_values(metrics: Metrics) -> str:
    """What files with huge values take of memory."""
    rows = [
        [
            name,
            f"{found['mb']:.1f}",
            f"{found['left_out']:,} of its rows" if found["left_out"] else "the whole file",
            found["more_mb"],
        ]
        for name, found in metrics["files"].items()
    ]
    return table("| a file with | its size, MB | refused | memory while it is read, MB |", rows)


def environments(metrics: Metrics) -> str:
    """Which environments can take the package."""
    rows = []
    for name, found in metrics["environments"].items():
        chosen = [f"{package} {version}" for package, version in found["found"].items()]
        packages = ", ".join(each.replace("==", " ") for each in found["holds"])
        rows.append([name, found["python"], packages, "no" if found["why_not"] else "yes"])
        rows[-1].append(", ".join(each for each in chosen if each not in packages))
    return table(
        f"| {metrics['resolved']} of {len(rows)} resolve (to reach: 10) | Python | holds "
        f"| resolves | comes with |",
        rows,
    )


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
