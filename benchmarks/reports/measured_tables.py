"""Tables of the smaller measurements, each from its metrics file; for `benchmark_report.py`."""

from typing import Any

from benchmarks.common import figure, spread, table

Metrics = dict[str, Any]


def backends(metrics: Metrics) -> str:
    """Speed, vectors and labels of each backend."""
    lines = [
        "| backend | turns/s ÷ torch fp32 | lowest cosine | macro-F | micro-F |",
        "|---|---|---|---|---|",
    ]
    for variant, found in metrics["variants"].items():
        ratio = found["over_torch fp32"]
        labels = metrics.get("pipeline", {}).get(variant)
        figures = (
            [f"{100 * labels[f'emotion_{name}']:.2f}" for name in ("macro_f", "micro_f")]
            if labels
            else ["", ""]
        )
        spread = f"{ratio['median']:.2f} ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"
        cells = [variant, spread, f"{found['cosine']['lowest']:.4f}", *figures]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def live(metrics: Metrics) -> str:
    """What a turn of a live dialogue costs, by pipeline."""
    median = {
        "alone": "the same turn encoded alone, ms",
        "tenth": "as about the tenth of a session, ms",
        "thousandth": "as about the thousandth of a session, ms",
    }
    ratios = {
        "thousandth_over_tenth": "thousandth ÷ tenth",
        "turn_over_encoding": "thousandth ÷ encoded alone",
    }
    goals = {
        "thousandth": "≤ 1 with `fast`",
        "thousandth_over_tenth": "≤ 1.1",
        "turn_over_encoding": "≤ 1.3 with `pretrained`",
    }
    lines = [
        "| median | " + " | ".join(f"`{name}`" for name in metrics) + " | to reach |",
        "|---" * (len(metrics) + 2) + "|",
    ]
    for key, title in (median | ratios).items():
        values = [{**found, **found["median_ms"]}[key] for found in metrics.values()]
        cells = [title, *(f"{value:.2f}" for value in values), goals.get(key, "")]
        lines.append("| " + " | ".join(cells) + " |")
    machines = [f"`{name}`: {found['processor']}, 1 thread" for name, found in metrics.items()]
    return "\n".join([*lines, "", "; ".join(machines) + "."]) + "\n"


def start(metrics: Metrics) -> str:
    """Processor seconds until a small file is annotated, by pipeline."""
    titles = {
        "floor": ("`import spacy, torch`", ""),
        "fast": ("`casn annotate fast`", "≤ 2.5"),
        "pretrained": ("`casn annotate pretrained`", "≤ 4"),
    }
    lines = [f"| {metrics['processor']} | median | lowest | to reach |", "|---|---|---|---|"]
    for name, found in metrics["start"].items():
        title, goal = titles[name]
        lines.append(f"| {title} | {found['median']:.2f} | {found['lowest']:.2f} | {goal} |")
    return "\n".join(lines) + "\n"


def ray(metrics: Metrics) -> str:
    """The engine "ray" against one process."""
    lines = [
        f"| {metrics['processor']}; {metrics['turns']:,} turns | repetition | all shards, s | "
        f"two dialogues, s |",
        "|---|---|---|---|",
    ]
    for engine, title in (("local", "one process"), ("ray", "Ray, two workers")):
        pairs = zip(metrics["seconds"][engine], metrics["seconds_to_start"][engine], strict=True)
        lines += [
            f"| {title} | {number} | {whole:.0f} | {start:.0f} |"
            for number, (whole, start) in enumerate(pairs, 1)
        ]
    lines += [
        f"| Ray ÷ one process, turns/s | | {metrics['ray_over_local']:.2f} | |",
        f"| without the start | | {metrics['ray_over_local_once_started']:.2f} | |",
    ]
    return "\n".join(lines) + "\n"


def million(metrics: Metrics) -> str:
    """A million turns by one command, by pipeline."""
    head = (
        "| pipeline | distinct turns | minutes | to reach | processor seconds | turns a processor "
        "second | peak MB |"
    )
    rows = []
    for model, found in metrics.items():
        used = round(found["processor_seconds"])
        cells = [f"`{model}`", found["turns"], f"{found['seconds'] / 60:.1f}"]
        cells += ["≤ 4" if model == "fast" else "", used, found["turns"] // used, found["peak_mb"]]
        rows.append(cells)
    machines = {f"{found['processor']}, {found['threads']} threads" for found in metrics.values()}
    return table(head, rows) + f"\n{'; '.join(sorted(machines))}.\n"


def nodes(metrics: Metrics) -> str:
    """Three Ray nodes beside one process, by pipeline."""
    head = (
        "| pipeline | on | seconds | workers' processor seconds | Ray's own | Ray's share | turns "
        "a processor second |"
    )
    rows = []
    for model, found in metrics.items():
        for way in ("local", "three nodes", "one lost, one late"):
            spent = found[way]
            ray = spent.get("ray_seconds", 0.0)
            whole = spent["worker_seconds"] + ray
            title = "one process" if way == "local" else way
            cells = [f"`{model}`, {found['turns']:,} turns", title]
            cells += [round(spent["seconds"]), round(spent["worker_seconds"]), round(ray)]
            rows.append([*cells, f"{100 * ray / whole:.0f} %", round(found["turns"] / whole)])
    processors = ", ".join(sorted({found["processor"] for found in metrics.values()}))
    return table(head, rows) + f"\n{processors}.\n"


def few_shot(metrics: Metrics) -> str:
    """Labels learned from a few examples, by the pipeline's vectors and by the encoder's own."""
    titles = {"casn": "contextual vectors", "untrained": "the encoder's own vectors"}
    names = ("macro_f", "micro_f", "weighted_f", "mcc")
    lines = [
        "| examples a label | vectors | macro-F | micro-F | weighted F | MCC |",
        "|---|---|---|---|---|---|",
    ]
    for row in metrics["means"]:
        found = [row[f"emotion_{name}"] for name in names]
        cells = [f"{100 * each['mean']:.1f} ± {100 * each['sd']:.1f}" for each in found]
        lines.append(f"| {row['shots']} | {titles[row['vectors']]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def leaked(metrics: Metrics) -> str:
    """The figures of test dialogues that stand in train, nearly or wholly, and of new ones."""
    titles = {
        "ce": "stage 1",
        "finetune": "stage 1, then fine-tuned",
        "leakfree-ce": "stage 1, without the leaked dialogues",
        "leakfree-finetune": "stage 1, then fine-tuned, without the leaked dialogues",
    }
    lines = [
        "| dialogues of test | trained | seeds | macro-F | micro-F | MCC |",
        "|---|---|---|---|---|---|",
    ]
    for group, dialogues in metrics["dialogues"].items():
        for run, seeds in metrics["runs"].items():
            cells = [f"{dialogues} {group}", titles[run], str(len(seeds))]
            for name in ("macro_f", "micro_f", "mcc"):
                values = [100 * found[group][f"emotion_{name}"] for found in seeds.values()]
                cells.append(figure(*spread(values), seeds=len(seeds)))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


CORPORA = {
    "dailydialog": "DailyDialog, test",
    "meld": "MELD, test",
    "goemotions": "GoEmotions, comments of test with one label",
    "xed": "XED, test",
    "everyday": "everyday, test",
    "sample": "sample corpus, all splits",
}
NEVER_SEEN = {
    "pretrained": {"dailydialog", "meld", "sample"},
    "fast": {"dailydialog", "meld", "sample"},
    "research": {"sample"},
}
"""Corpora of which a pipeline was trained on no split."""


def pretrained(metrics: Metrics) -> str:
    """The pretrained pipelines on each corpus, by their own label prior and by the corpus'."""
    lines = [
        "| pipeline | measured on | turns | macro-F | micro-F | weighted F | MCC | calibration "
        "error | emotional turns not called neutral | calm turns kept calm | macro / micro / MCC "
        "by the corpus' prior |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, unseen in NEVER_SEEN.items():
        for corpus, found in metrics.get(name, {}).items():
            own, by_corpus = found["own"], found.get("corpus")
            title = CORPORA[corpus] + (" (never seen)" if corpus in unseen else "")
            figures = ("macro_f", "micro_f", "weighted_f", "mcc", "ece")
            cells = [f"`{name}`", title, f"{own['turns']:,}"]
            cells += [f"{100 * own[figure]:.1f}" for figure in figures]
            cells += [f"{100 * own[figure]:.0f} %" for figure in ("caught", "calm")]
            known = (
                [f"{100 * by_corpus[one]:.1f}" for one in figures[:2] + figures[3:4]]
                if by_corpus
                else []
            )
            cells.append(" / ".join(known))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def calibration(metrics: Metrics) -> str:
    """The calibration error with one temperature for all corpora, and with each one's own."""
    lines = [
        "| pipeline | measured on | temperature of its own | calibration error | with the "
        "temperature of all |",
        "|---|---|---|---|---|",
    ]
    for name in NEVER_SEEN:
        for corpus, found in metrics.get(name, {}).items():
            if "calibrated" in found:
                own = found["calibrated"]
                cells = [f"`{name}`", CORPORA[corpus], f"{own['temperature']:.2f}"]
                cells += [f"{100 * error:.1f}" for error in (own["ece"], found["corpus"]["ece"])]
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def prior_curve(metrics: Metrics) -> str:
    """Caught emotions against calm turns kept, as the expected neutral share rises."""
    corpora = ("everyday", "sample", "meld")
    lines = [
        "| neutral share | "
        + " | ".join(f"{CORPORA[one]}: caught · calm" for one in corpora)
        + " |",
        "|---|" + "---|" * len(corpora),
    ]
    curves = [metrics["pretrained"][one]["curve"] for one in corpora]
    for rows in zip(*curves, strict=True):
        cells = [f"{100 * row['caught']:.0f} % · {100 * row['calm']:.0f} %" for row in rows]
        lines.append(f"| {rows[0]['neutral']:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
