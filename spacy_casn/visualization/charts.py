"""Charts as SVG that takes its colours and letters from the page it stands in."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..scoring.calibration import Bin
from .templates import displayable
from .training_log import TrainingLog
from .turn_map import TurnMap

INK, RULE, ACCENT = "#100001", "#100002", "#100003"
SERIES = ("#100011", "#100012", "#100013", "#100014")
"""Stand for colours of the page, which are other ones at night; see `_colour`."""
PAGE_COLOURS = {
    INK: "var(--casn-ink)",
    RULE: "var(--casn-rule)",
    ACCENT: "var(--casn-accent)",
    **{colour: f"var(--casn-series-{number})" for number, colour in enumerate(SERIES)},
}
MARKERS = "osD^vPX<>*"
WIDTH, HEIGHT = 4.4, 3.2
"""Inches; at 72 points an inch as wide as a phone's screen, so that letters stay readable."""
STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.color": RULE,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "spacy_casn",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
FIELDS = {"Creator": None, "Date": None, "Format": None, "Type": None}
"""Metadata that would differ from run to run, or name other sites."""
COIN = 50.0
"""Percent; the triplet protocol's chance level in each of its figures, about."""


class Chart(NamedTuple):
    """An SVG picture.

    Args:
        name: Tells its ids from those of the page's other charts.
        label: What it is.
        description: What it shows, in words.
        view_box: SVG attribute.
        body: What stands inside the `svg` element.
    """

    name: str
    label: str
    description: str
    view_box: str
    body: Markup


def reliability_chart(bins: Sequence[Bin]) -> Chart:
    """Draw how often turns of about the same confidence are right."""
    with _figure() as figure:
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color=INK, linestyle=":", label="as sure as right")
        axes.plot(
            [100 * one.confidence for one in bins],
            [100 * one.accuracy for one in bins],
            color=ACCENT,
            marker="o",
            label="the pipeline",
        )
        axes.set(
            xlim=(0, 101), ylim=(0, 101), xlabel="confidence, percent", ylabel="right, percent"
        )
        _legend(figure, axes)
        shown = ", ".join(
            f"{100 * one.confidence:.0f} % sure and {100 * one.accuracy:.0f} % right "
            f"({one.turns} turns)"
            for one in bins
        )
        return _chart(
            figure, "reliability", "Reliability diagram", f"Turns by confidence: {shown}."
        )


def loss_chart(log: TrainingLog, name: str) -> Chart:
    """Draw the mean losses of a training's steps, evaluation by evaluation."""
    with _figure() as figure:
        losses = log.mean_losses
        axes = _curves(figure, log.steps, losses)
        axes.set_ylabel("mean loss of a step")
        _legend(figure, axes)
        described = f"{_ends(log.steps)} {_changes(losses)}"
        return _chart(figure, name, f"Loss of the stage {log.name}", described)


def score_chart(log: TrainingLog, name: str) -> Chart:
    """Draw the scores on the dev split, with a coin's where the triplet protocol's are shown."""
    scores = {_score_name(known): values for known, values in log.scores.items()}
    with _figure() as figure:
        axes = _curves(figure, log.steps, scores)
        axes.set_ylabel("dev split, percent")
        if any("triplet" in known for known in scores):
            axes.axhline(COIN, color=INK, linestyle=":", label="triplet, by a coin")
        _legend(figure, axes)
        described = f"{_ends(log.steps)} {_changes(scores)}"
        return _chart(figure, name, f"Scores of the stage {log.name}", described)


def map_chart(turns: TurnMap, labels: Sequence[str], name: str, title: str) -> Chart:
    """Draw turns as marks, one form and colour a label.

    Args:
        turns: What is drawn.
        labels: All labels of the report; the number of each is that of its colour.
        name: Of the chart.
        title: What it is.
    """
    places = {
        label: [row for row, known in enumerate(turns.labels) if known == label] for label in labels
    }
    with _figure(legend_rows=(len(labels) + 2) // 3) as figure:
        axes = figure.subplots()
        handles = []
        for number, (label, marker) in enumerate(zip(labels, cycle(MARKERS), strict=False)):
            x, y = turns.points[places[label]].T
            handles += axes.plot(
                x,
                y,
                color=f"#2{number % 0x100000:05x}",
                marker=marker,
                linestyle="none",
                markersize=4,
                alpha=0.8,
                markeredgewidth=0,
            )
        axes.set(xticks=[], yticks=[], xlabel="first direction", ylabel="second direction")
        names = [_short(label) for label in labels]
        figure.legend(
            handles, names, loc="outside lower center", ncols=3, fontsize=9, markerscale=1.5
        )
        counts = ", ".join(f"{label} {len(rows)}" for label, rows in places.items() if rows)
        described = f"{len(turns.labels)} turns as points, by gold label: {counts}."
        return _chart(figure, name, title, described)


@contextmanager
def _figure(*, legend_rows: int = 0) -> Iterator[Figure]:
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # The browser has letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield Figure(figsize=(WIDTH, HEIGHT + 0.2 * legend_rows), layout="constrained")


def _curves(figure: Figure, steps: list[int], columns: dict[str, list[float]]) -> Axes:
    axes = figure.subplots()
    looks = zip(cycle(SERIES), cycle(MARKERS), cycle(("-", "--", "-.")), strict=False)
    for (name, values), (colour, marker, line) in zip(columns.items(), looks, strict=False):
        axes.plot(
            steps, values, color=colour, marker=marker, markersize=4, linestyle=line, label=name
        )
    axes.set_xlabel("step")
    return axes


def _legend(figure: Figure, axes: Axes) -> None:
    lines = axes.get_lines()
    names = [_short(str(line.get_label())) for line in lines]
    figure.legend(lines, names, loc="outside lower center", ncols=2, fontsize=9)


def _chart(figure: Figure, name: str, label: str, description: str) -> Chart:
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=FIELDS)
    opening = re.search(r'<svg\b[^>]*\bviewBox="([^"]*)"[^>]*>', svg := file.getvalue())
    if opening is None:
        raise RuntimeError(
            f"matplotlib {mpl.__version__} drew no SVG with a viewBox: install 3.10 or 3.11."
        )
    body = svg[opening.end() : svg.rindex("</svg>")]
    # Its rule for all elements would hold for the whole page.
    body = re.sub(r"<style\b.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|\bxlink:href="#|url\(#)', rf"\g<1>{name}-", body)
    body = body.replace("xlink:href=", "href=")
    body = re.sub(r"((?:fill|stroke): )(#[12][0-9a-f]{5})\b", _colour, body)
    return Chart(name, label, description, opening[1], Markup(body))


def _colour(match: re.Match[str]) -> str:
    sentinel = match[2]
    if sentinel[1] == "2":
        return f"{match[1]}var(--casn-label-{int(sentinel[2:], 16)})"
    return match[1] + PAGE_COLOURS[sentinel]


def _ends(steps: list[int]) -> str:
    return f"{len(steps)} evaluations from step {steps[0]} to {steps[-1]}."


def _changes(columns: dict[str, list[float]]) -> str:
    return " ".join(
        f"{name}: {values[0]:.4g} at first, {values[-1]:.4g} at last."
        for name, values in columns.items()
    )


def _score_name(name: str) -> str:
    """Write as the report's tables do, such as "triplet macro-F"."""
    known = name.removeprefix("emotion_").replace("_f", "-F").replace("mcc", "MCC")
    return known.replace("_", " ")


def _short(label: str) -> str:
    """Return what fits into a legend."""
    label = displayable(" ".join(label.split()))
    return label if len(label) <= 20 else f"{label[:19]}…"
