"""Write the benchmarks' tables and charts from their metrics files.

    python -m benchmarks.reports.benchmark_report

Replaces what stands between the marks in the documents, docs/images/benchmark.png and
docs/images/quality_speed.svg.
"""

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import srsly

from benchmarks.reports import measured_tables, quality_speed, reliability_tables

METRICS = Path("metrics", "benchmark.json")
PEERS = Path("metrics", "peers.json")
LONG = Path("metrics", "dailydialog", "long_dialogues.json")
SMALLER = {
    ("benchmarks.md", "backends"): (
        Path("metrics", "encoder_backends.json"),
        measured_tables.backends,
    ),
    ("benchmarks.md", "live"): (Path("metrics", "live_session.json"), measured_tables.live),
    ("benchmarks.md", "start"): (Path("metrics", "import_cost.json"), measured_tables.start),
    ("benchmarks.md", "peers"): (PEERS, quality_speed.table),
    ("benchmarks.md", "ray"): (Path("metrics", "ray_engine.json"), measured_tables.ray),
    ("scale.md", "million"): (Path("metrics", "million_turns.json"), measured_tables.million),
    ("scale.md", "nodes"): (Path("metrics", "ray_nodes.json"), measured_tables.nodes),
    ("evaluation.md", "pretrained"): (
        Path("metrics", "pretrained.json"),
        measured_tables.pretrained,
    ),
    ("evaluation.md", "calibration"): (
        Path("metrics", "pretrained.json"),
        measured_tables.calibration,
    ),
    ("evaluation.md", "prior"): (Path("metrics", "pretrained.json"), measured_tables.prior_curve),
    ("evaluation.md", "few-shot"): (Path("metrics", "few_shot.json"), measured_tables.few_shot),
    ("evaluation.md", "leaked"): (
        Path("metrics", "dailydialog", "leaked_dialogues.json"),
        measured_tables.leaked,
    ),
    ("reliability.md", "hostile"): (Path("metrics", "fuzz.json"), reliability_tables.hostile),
    ("reliability.md", "mixed-files"): (
        Path("metrics", "mixed_files.json"),
        reliability_tables.mixed_files,
    ),
    ("reliability.md", "hostile-pipelines"): (
        Path("metrics", "hostile_pipelines.json"),
        reliability_tables.hostile_pipelines,
    ),
    ("reliability.md", "kills"): (Path("metrics", "random_kills.json"), reliability_tables.kills),
    ("reliability.md", "training-kills"): (
        Path("metrics", "training_kills.json"),
        reliability_tables.kills,
    ),
    ("reliability.md", "long-run"): (Path("metrics", "long_run.json"), reliability_tables.long_run),
    ("reliability.md", "many-sessions"): (
        Path("metrics", "many_sessions.json"),
        reliability_tables.long_run,
    ),
    ("reliability.md", "large-values"): (
        Path("metrics", "large_values.json"),
        reliability_tables.large_values,
    ),
    ("reliability.md", "environments"): (
        Path("metrics", "environments.json"),
        reliability_tables.environments,
    ),
    ("reliability.md", "coverage"): (Path("metrics", "coverage.json"), reliability_tables.coverage),
    ("reliability.md", "mutation"): (Path("metrics", "mutation.json"), reliability_tables.mutation),
}
"""By document and mark: the metrics file, and what makes a table of it."""
DOCUMENTS = Path("docs")
IMAGE = Path("docs", "images", "benchmark.png")
QUALITY_SPEED = Path("docs", "images", "quality_speed.svg")
DIALOGUES = 100_000_000
TURNS_A_DIALOGUE = 7.74
"""DailyDialog's test split has 7,740 turns in 1,000 dialogues."""
TITLES = {
    "raw": "sentence-transformers alone, `encode`",
    "pipe": "`casn_emotion`, `nlp.pipe`",
    "pipe-auto": '`casn_emotion`, `precision = "auto"`',
    "pipe-onnx": '`casn_emotion`, `backend = "onnx"`',
    "pipe-onnx-int8": '`casn_emotion`, `backend = "onnx-int8"`',
    "pipe-2-processes": "`casn_emotion`, `nlp.pipe(n_process=2)`",
    "word-pieces": "`casn_emotion` on word pieces (spacy-transformers)",
    "textcat": "spaCy's textcat on spacy-transformers, turn by turn",
    "textcat-words": "spaCy's textcat on a bag of words, turn by turn",
    "classy": "classy-classification, turn by turn",
    "make-doc": "spaCy's `make_doc` alone",
    "cached": "`casn_emotion` 384 wide, `nlp.pipe`, all vectors cached",
    "fast": "`fast`, `nlp.pipe`",
    "fast-cached": "`fast`, `nlp.pipe`, all vectors known",
    "short-dialogues": "dialogues of 100 turns, one at a time",
    "long-dialogue": "one dialogue of 10,000 turns",
    "stream-10k": "a stream of 10,000 turns",
    "stream-1m": "a stream of 1,000,000 turns",
}
Case = dict[str, Any]


class Ratio(NamedTuple):
    """What is compared, and the figure to reach."""

    title: str
    group: str
    first: str
    second: str
    of: Callable[[Case, Case], list[float]]
    goal: str


def speed(first: Case, second: Case) -> list[float]:
    """Turns a second, repetition by repetition."""
    pairs = zip(first["seconds"], second["seconds"], strict=True)
    return [(first["turns"] / mine) / (second["turns"] / other) for mine, other in pairs]


def slowness(first: Case, second: Case) -> list[float]:
    """Time a turn, repetition by repetition."""
    return speed(second, first)


def memory(first: Case, second: Case) -> list[float]:
    return [first["peak_mb"] / second["peak_mb"]]


def beyond(first: Case, second: Case) -> list[float]:
    """Seconds that the first takes beyond the second, repetition by repetition."""
    return [mine - other for mine, other in zip(first["seconds"], second["seconds"], strict=True)]


RATIOS = (
    Ratio("`nlp.pipe` ÷ `encode`, turns/s", "annotate", "pipe", "raw", speed, "≥ 0.95"),
    Ratio(
        "`nlp.pipe` ÷ textcat on a transformer, turns/s",
        "annotate",
        "pipe",
        "textcat",
        speed,
        "≥ 2",
    ),
    Ratio(
        "`nlp.pipe` ÷ classy-classification, turns/s", "annotate", "pipe", "classy", speed, "≥ 1.5"
    ),
    Ratio(
        "`fast` ÷ textcat on a transformer, turns/s", "annotate", "fast", "textcat", speed, "≥ 30"
    ),
    Ratio(
        "`fast` ÷ textcat on a bag of words, turns/s",
        "annotate",
        "fast",
        "textcat-words",
        speed,
        "≥ 0.5",
    ),
    Ratio("`fast` ÷ `nlp.pipe` with MiniLM, turns/s", "annotate", "fast", "pipe", speed, "≥ 25"),
    Ratio("sentences ÷ word pieces, turns/s", "annotate", "pipe", "word-pieces", speed, "≥ 2"),
    Ratio(
        "sentences ÷ word pieces, peak memory", "annotate", "pipe", "word-pieces", memory, "≤ 0.5"
    ),
    Ratio("`auto` ÷ fp32, turns/s", "annotate", "pipe-auto", "pipe", speed, "≥ 2.3"),
    Ratio("`onnx` ÷ torch, turns/s", "annotate", "pipe-onnx", "pipe", speed, ""),
    Ratio("`onnx-int8` ÷ torch, turns/s", "annotate", "pipe-onnx-int8", "pipe", speed, "≥ 3.5"),
    Ratio("two processes ÷ one, turns/s", "annotate", "pipe-2-processes", "pipe", speed, ""),
    Ratio(
        "10,000 turns ÷ 100 turns a dialogue, time a turn",
        "long",
        "long-dialogue",
        "short-dialogues",
        slowness,
        "≤ 1.2",
    ),
    Ratio(
        "1,000,000 turns ÷ 10,000 turns, peak memory",
        "stream",
        "stream-1m",
        "stream-10k",
        memory,
        "≤ 1.1",
    ),
    Ratio(
        "`nlp.pipe`, 384 wide, vectors cached ÷ spaCy's `make_doc`, turns/s",
        "cached",
        "cached",
        "make-doc",
        speed,
        "≥ 0.5",
    ),
    Ratio(
        "the same with `fast`, 192 wide",
        "cached",
        "fast-cached",
        "make-doc",
        speed,
        "≥ 0.5",
    ),
    Ratio(
        "`import spacy_casn` beyond `import torch, spacy`, seconds",
        "start",
        "import-casn",
        "import-torch",
        beyond,
        "≤ 0.5",
    ),
    Ratio(
        "`spacy.load` and one turn, beyond the encoder and one turn, seconds",
        "start",
        "load-pipeline",
        "load-encoder",
        beyond,
        "≤ 0.5",
    ),
)


def main() -> None:
    metrics = srsly.read_json(METRICS)
    replace("benchmarks.md", "benchmark", tables(metrics))
    replace("benchmarks.md", "long", long_dialogues(srsly.read_json(LONG)))
    replace("scale.md", "scale", scale(metrics))
    for (document, mark), (path, table) in SMALLER.items():
        replace(document, mark, measured(path, table))
    draw(metrics, IMAGE)
    quality_speed.draw(srsly.read_json(PEERS), QUALITY_SPEED)


def measured(path: Path, table: Callable[[Any], str]) -> str:
    """The table of a metrics file, if there is one by now."""
    return table(srsly.read_json(path)) if path.exists() else "Not measured yet.\n"


def replace(document: str, mark: str, text: str) -> None:
    """Put a text between two marks of a document."""
    path = DOCUMENTS / document
    begin, end = (f"<!-- {mark}: {word} -->" for word in ("begin", "end"))
    pattern = re.compile(f"{begin}.*?{end}", flags=re.DOTALL)
    block = f"{begin}\n\n{text}\n{end}"
    path.write_text(
        pattern.sub(lambda _: block, path.read_text(encoding="utf-8")), encoding="utf-8"
    )


def long_dialogues(metrics: dict[str, Any]) -> str:
    """The figures of each model on dialogues that were joined."""
    figures = ("macro_f", "micro_f", "weighted_f", "mcc")
    lines = [
        "| model | dialogues joined | longest, in turns | macro-F | micro-F | weighted F | MCC |",
        "|---|---|---|---|---|---|---|",
    ]
    for model, found in metrics.items():
        for row in found["test"]:
            values = " | ".join(f"{100 * row[f'emotion_{name}']:.1f}" for name in figures)
            lines.append(f"| `{model}` | {row['joined']} | {row['longest']:,} | {values} |")
    return "\n".join(lines) + "\n"


def scale(metrics: dict[str, Any]) -> str:
    """Hours that very many dialogues take a core, at each measured speed."""
    found = metrics["annotate"]
    lines = [
        f"| {found['processor']}, {found['threads']} threads | turns/s | core hours | "
        f"days on 1,000 cores |",
        "|---|---|---|---|",
    ]
    for name in ("pipe", "pipe-onnx", "pipe-onnx-int8", "fast"):
        if name in found["cases"]:
            speed = found["cases"][name]["turns_per_second"]
            hours = DIALOGUES * TURNS_A_DIALOGUE / speed * found["threads"] / 3600
            lines.append(
                f"| {TITLES[name]} | {speed:,.0f} | {hours:,.0f} | {hours / 1000 / 24:,.1f} |"
            )
    return "\n".join(lines) + "\n"


def tables(metrics: dict[str, Any]) -> str:
    """The ratios with their goals, then each case's speed and memory."""
    lines = ["| figure | median | lowest to highest | to reach | |", "|---|---|---|---|---|"]
    for ratio in RATIOS:
        cases = metrics.get(ratio.group, {}).get("cases", {})
        if {ratio.first, ratio.second} <= cases.keys():
            values = ratio.of(cases[ratio.first], cases[ratio.second])
            median = statistics.median(values)
            spread = f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1 else ""
            row = (ratio.title, f"{median:.2f}", spread, ratio.goal, verdict(median, ratio.goal))
            lines.append("| " + " | ".join(row) + " |")
    for group, found in metrics.items():
        cases = {name: case for name, case in found["cases"].items() if name in TITLES}
        if cases:
            lines += ["", f"{found['processor']}, {found['threads']} threads; group `{group}`:", ""]
            lines += ["| | turns | turns/s | peak MB |", "|---|---|---|---|"]
        for name, case in cases.items():
            figures = (case["turns"], case["turns_per_second"], case["peak_mb"])
            lines.append(f"| {TITLES[name]} | " + " | ".join(f"{f:,.0f}" for f in figures) + " |")
    return "\n".join(lines) + "\n"


def verdict(value: float, goal: str) -> str:
    """Whether a figure reaches its goal, such as "≥ 2"."""
    if not goal:
        return ""
    bound = float(goal[2:])
    return "reached" if (value >= bound if goal[0] == "≥" else value <= bound) else "missed"


def draw(metrics: dict[str, Any], path: Path) -> None:
    """Turns a second of those that annotate the same dialogues."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    cases = metrics["annotate"]["cases"]
    names = [name for name in TITLES if name in cases][::-1]
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.45 * len(names)), layout="constrained")
    speeds = [cases[name]["turns_per_second"] for name in names]
    bars = axes.barh([TITLES[name].replace("`", "") for name in names], speeds)
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_xscale("log")
    axes.set_xlabel("turns a second, median")
    axes.set_title(f"Annotating DailyDialog's test turns, {metrics['annotate']['threads']} threads")
    axes.margins(x=0.2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    main()
