"""Table and chart of quality beside speed, from `metrics/peers.json`; for `benchmark_report.py`."""

from pathlib import Path
from typing import Any

import altair as alt

from benchmarks.reports.measured_tables import CORPORA

Metrics = dict[str, Any]
TITLES = {
    "raw": "sentence-transformers alone (no labels)",
    "textcat": "spaCy textcat, bag of words",
    "vader": "VADER (word list)",
    "nrclex": "NRCLex (word list)",
}
"""What contestants are called; pipelines of ours are called by their name."""


def table(metrics: Metrics) -> str:
    """Each contestant's macro-F and speed on each corpus."""
    corpora = list(next(iter(metrics["contestants"].values())))
    heads = " | ".join(CORPORA[corpus] for corpus in corpora)
    lines = [f"| macro-F · turns/s | {heads} |", "|---|" + "---|" * len(corpora)]
    for name, found in metrics["contestants"].items():
        cells = [
            f"{_macro_f(case) or '–'} · {_speed(case):,.0f}"
            for case in (found[corpus] for corpus in corpora)
        ]
        lines.append(f"| {_title(name, quoted='`')} | " + " | ".join(cells) + " |")
    turns = next(iter(metrics["contestants"].values()))
    packages = ", ".join(f"{name} {version}" for name, version in metrics["packages"].items())
    lines += [
        "",
        f"{metrics['processor']}, {metrics['threads']} thread, rounds: {metrics['rounds']}; "
        f"{sum(case['turns'] for case in turns.values()):,} turns. textcat learned from "
        f"{metrics['taught_turns']:,} turns in at most {metrics['steps']:,} steps, seed "
        f"{metrics['seed']}. {packages}.",
    ]
    return "\n".join(lines) + "\n"


def draw(metrics: Metrics, path: Path) -> None:
    """Draw macro-F over turns/s, a field for each corpus; the raw encoder's speed is a line."""
    rows = [
        {
            "contestant": _title(name),
            "corpus": CORPORA[corpus],
            "macro": _macro_f(case),
            "speed": _speed(case),
        }
        for name, found in metrics["contestants"].items()
        for corpus, case in found.items()
    ]
    contestants = list(dict.fromkeys(row["contestant"] for row in rows))
    legend = alt.Legend(orient="bottom", columns=3, labelLimit=300)
    base = alt.Chart().encode(
        x=alt.X(
            "speed:Q",
            scale=alt.Scale(type="log", domain=[100, 1_000_000]),
            axis=alt.Axis(format="~s", values=[100, 1000, 10_000, 100_000, 1_000_000]),
            title="turns a processor second",
        ),
        color=alt.Color(
            "contestant:N",
            title=None,
            scale=alt.Scale(domain=contestants, scheme="tableau10"),
            legend=legend,
        ),
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        y=alt.Y("macro:Q", scale=alt.Scale(domain=[0, 80]), title="macro-F"),
        shape=alt.Shape(
            "contestant:N", title=None, scale=alt.Scale(domain=contestants), legend=legend
        ),
    )
    lines = base.mark_rule(strokeDash=[4, 3], strokeWidth=2)
    labelled = points.transform_filter("isValid(datum.macro)")
    chart = (labelled + lines.transform_filter("!isValid(datum.macro)")).properties(
        width=250, height=180, data=alt.InlineData(values=rows)
    )
    order = list(dict.fromkeys(row["corpus"] for row in rows))
    facets = chart.facet(facet=alt.Facet("corpus:N", sort=order, title=None), columns=3)
    facets.configure(background="white").save(path)


def _title(name: str, quoted: str = "") -> str:
    return TITLES.get(name, f"casn_emotion, {quoted}{name}{quoted}")


def _macro_f(case: dict[str, float]) -> float | None:
    return round(100 * case["macro_f"], 1) if "macro_f" in case else None


def _speed(case: dict[str, float]) -> float:
    """Turns a processor second."""
    return round(case["turns"] / case["processor_seconds"], 1)
