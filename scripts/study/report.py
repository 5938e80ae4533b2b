"""Write the study's table and pictures from what metrics/study/ holds.

    python -m scripts.study.report

Replaces the table between the two marks in docs/evaluation.md and the pictures in docs/images/.
"""

import re
from pathlib import Path
from typing import Any

import srsly
from rich.table import Table

from benchmarks.common import figure, spread

METRICS = Path("metrics", "study")
DOCUMENT = Path("docs", "evaluation.md")
IMAGES = Path("docs", "images")
BEGIN, END = "<!-- study: begin -->", "<!-- study: end -->"
COLUMNS = {
    "macro-F": "emotion_macro_f",
    "micro-F": "emotion_micro_f",
    "weighted F": "emotion_weighted_f",
    "MCC": "emotion_mcc",
    "ECE": "emotion_ece",
    "triplet macro-F (chance 50)": "emotion_triplet_macro_f",
}
COSTS = ("train min", "train MB", "annotate MB", "turns/s", "weights (M)")
HEADER = ("run", "seeds", *COLUMNS, *COSTS)
FEWEST_DRAWN = 3
Row = dict[str, Any]
DATASETS = {
    "dailydialog": "DailyDialog",
    "dailydialog_leakfree": "DailyDialog, the leaked dialogues taken out of train",
    "meld": "MELD",
    "sample_table": "The sample corpus, as a table",
}


def main() -> None:
    plan = srsly.read_yaml(Path("configs", "study.yml"))
    rows = summary(METRICS, plan)
    text = DOCUMENT.read_text(encoding="utf-8")
    block = f"{BEGIN}\n\n{markdown(rows)}\n{END}"
    pattern = re.compile(f"{BEGIN}.*?{END}", flags=re.DOTALL)
    DOCUMENT.write_text(pattern.sub(lambda _: block, text), encoding="utf-8")
    draw(rows, IMAGES)


def summary(metrics: Path, plan: dict[str, Any]) -> list[Row]:
    """One row a run that was measured, and one for each further decision on its weights."""
    rows = []
    for run in plan["runs"]:
        files = [metrics / f"{run['name']}-{seed}.json" for seed in plan["seeds"]]
        results = [srsly.read_json(file) for file in files if file.exists()]
        if not results:
            continue
        costs = {
            "train min": [
                seconds / 60 for r in results if (seconds := training_seconds(r)) is not None
            ],
            "train MB": [result["train_peak_mb"] for result in results],
            "annotate MB": [result["annotate_peak_mb"] for result in results],
            "turns/s": [r["turns_per_second"] for r in results if "turns_per_second" in r],
            "weights (M)": [sum(result["parameters"].values()) / 1e6 for result in results],
        }
        rows.append(row(run, run["title"], results, costs))
        for name, title in (
            ("prototypes", "nearest class mean"),
            ("prototypes_with_prior", "nearest class mean, label prior fitted on dev"),
            ("classifier_with_prior", "classifier, label prior fitted on dev"),
        ):
            found = [result["decisions"][name] for result in results if "decisions" in result]
            if found:
                rows.append(row(run, f"… {title}", found, {}))
    return rows


def training_seconds(result: Row) -> float | None:
    """The processor's time, or wall time where that alone was taken with nothing else beside.

    None where neither says anything, since the training was stopped, or the machine was crowded.
    """
    return result.get("train_cpu_seconds", result.get("train_seconds"))


def row(run: Row, title: str, results: list[Row], costs: dict[str, list[float]]) -> Row:
    """Mean and spread (standard deviation over the seeds) of each figure, in percent."""
    figures = {
        column: spread([100 * result[name] for result in results])
        for column, name in COLUMNS.items()
        if all(result.get(name) is not None for result in results)
    }
    return {
        "run": title,
        "name": run["name"],
        "group": run["group"],
        "dataset": run["dataset"],
        "seeds": len(results),
        **figures,
        **{name: spread(values) for name, values in costs.items() if values},
    }


def cell(row: Row, column: str) -> str:
    value = row.get(column, "")
    if not isinstance(value, tuple):
        return str(value)
    mean, deviation = value
    if column in COLUMNS:
        return figure(mean, deviation, row["seeds"])
    return f"{mean:,.0f}" if mean >= 100 else f"{mean:.1f}"


def datasets(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(row["dataset"] for row in rows))


def table(rows: list[Row]) -> Table:
    """All runs, for the terminal."""
    shown = Table(title="Study: test split, mean ± standard deviation over seeds, percent")
    for column in HEADER:
        shown.add_column(column, justify="left" if column == "run" else "right")
    for dataset in datasets(rows):
        shown.add_section()
        for row in (row for row in rows if row["dataset"] == dataset):
            shown.add_row(f"{row['run']} [{dataset}]", *(cell(row, name) for name in HEADER[1:]))
    return shown


def markdown(rows: list[Row]) -> str:
    """One table a dataset."""
    lines = []
    for dataset in datasets(rows):
        lines += [f"**{DATASETS.get(dataset, dataset)}**", ""]
        lines.append("| " + " | ".join(HEADER) + " |")
        lines.append("|---|" + "---|" * (len(HEADER) - 1))
        for row in (row for row in rows if row["dataset"] == dataset):
            lines.append("| " + " | ".join(cell(row, column) for column in HEADER) + " |")
        lines.append("")
    return "\n".join(lines)


def draw(rows: list[Row], folder: Path) -> None:
    """One picture a dataset: each run's figures as dots with their spread.

    Of one or two runs the table says as much.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    markers = {"macro-F": "o", "micro-F": "s", "MCC": "^", "weighted F": "D"}
    for dataset in datasets(rows):
        chosen = [row for row in rows if row["dataset"] == dataset][::-1]
        if len(chosen) < FEWEST_DRAWN:
            continue
        picture, axes = plt.subplots(figsize=(9, 1.6 + 0.42 * len(chosen)), layout="constrained")
        for column, marker in markers.items():
            if dataset != "meld" and column == "weighted F":
                continue
            found = [(y, *row[column]) for y, row in enumerate(chosen) if column in row]
            y, mean, deviation = zip(*found, strict=True)
            axes.errorbar(mean, y, xerr=deviation, fmt=marker, capsize=3, label=column)
        axes.set_yticks(range(len(chosen)), [row["run"] for row in chosen])
        axes.set_xlabel("percent; bars: standard deviation over seeds")
        picture.suptitle(f"{DATASETS.get(dataset, dataset)}, test split, standard protocol")
        axes.grid(axis="x", alpha=0.3)
        axes.margins(y=0.5 / len(chosen))
        picture.legend(loc="outside lower center", ncols=len(markers), frameon=False)
        picture.savefig(folder / f"study_{dataset}.png", dpi=130)
        plt.close(picture)


if __name__ == "__main__":
    main()
