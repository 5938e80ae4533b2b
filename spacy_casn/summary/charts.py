"""The charts of a summary, as Vega-Lite; the page gives them its colours, by day and by night."""

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from .figures import Shares

PERCENT = ".0%"
ROW = 26
"""Height of a bar, in pixels."""
CHART = 260
"""Height of a chart of columns, in pixels."""


def overall_chart(shares: Shares, labels: Sequence[str]) -> dict[str, Any]:
    """Draw how often each emotion occurs, with its interval."""
    base = _chart(shares, labels).encode(
        y=alt.Y("emotion:N", sort=list(labels), title=None, axis=alt.Axis(labelLimit=110))
    )
    bars = base.mark_bar(cursor="pointer").encode(
        x=_share(), color=_colour(labels, legend=False), tooltip=_tooltip()
    )
    ends = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    return _whole(bars + ends, ROW * len(labels))


def rows_chart(shares: Shares, labels: Sequence[str]) -> dict[str, Any]:
    """Draw a bar for each key, divided by emotion."""
    chart = _chart(shares, labels).mark_bar(cursor="pointer")
    chart = chart.encode(
        y=alt.Y("key:N", sort=shares.keys, title=None, axis=alt.Axis(labelLimit=110)),
        x=_share(),
        color=_colour(labels),
        order="emotion_number:Q",
        tooltip=_tooltip(),
    )
    return _whole(chart, ROW * len(shares.keys))


def columns_chart(shares: Shares, labels: Sequence[str], title: str) -> dict[str, Any]:
    """Draw a column for each key, from left to right, divided by emotion."""
    chart = _chart(shares, labels).mark_bar(cursor="pointer")
    chart = chart.encode(
        x=alt.X(
            "key:N", sort=shares.keys, title=title, axis=alt.Axis(labelOverlap=True, labelAngle=0)
        ),
        y=_share("y"),
        color=_colour(labels),
        order=alt.Order("emotion_number:Q", sort="descending"),
        tooltip=_tooltip(),
    )
    return _whole(chart, CHART)


def answers_chart(answers: Shares, labels: Sequence[str]) -> dict[str, Any]:
    """Draw by what each emotion is answered, as a field of cells."""
    base = _chart(answers, labels).encode(
        x=alt.X(
            "emotion:N",
            sort=list(labels),
            title="is answered with",
            axis=alt.Axis(labelLimit=90, labelAngle=-40),
        ),
        y=alt.Y("key:N", sort=answers.keys, title=None, axis=alt.Axis(labelLimit=110)),
        tooltip=_tooltip(),
    )
    cells = base.mark_rect(cursor="pointer").encode(
        color=alt.Color(
            "share:Q", scale=alt.Scale(domain=[0, 1]), legend=alt.Legend(format=PERCENT, title=None)
        )
    )
    return _whole(cells, 1.3 * ROW * len(answers.keys))


def page_script() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that needs no network."""
    import vl_convert

    version = alt.SCHEMA_VERSION.rpartition(".")[0]
    # Its type stub lacks the default of the first parameter.
    bundle: Callable[..., str] = vl_convert.javascript_bundle
    return bundle(vl_version=version)


def _chart(shares: Shares, labels: Sequence[str]) -> alt.Chart:
    rows = [
        {
            "key": key,
            "emotion": label,
            "key_number": row,
            "emotion_number": column,
            "turns": int(shares.counts[row, column]),
            "share": round(float(shares.shares[row, column]), 5),
            "low": _end(shares.low[row, column]),
            "high": _end(shares.high[row, column]),
        }
        for row, key in enumerate(shares.keys)
        for column, label in enumerate(labels)
        if shares.totals[row]
    ]
    return alt.Chart(alt.InlineData(values=rows))


def _end(value: float) -> float | None:
    return round(float(value), 5) if value == value else None


def _share(axis: str = "x") -> Any:
    channel = alt.X if axis == "x" else alt.Y
    return channel("share:Q", axis=alt.Axis(format=PERCENT, tickCount=5), title=None)


def _colour(labels: Sequence[str], *, legend: bool = True) -> alt.Color:
    shown = alt.Legend(orient="top", title=None, columns=3) if legend else None
    return alt.Color("emotion:N", scale=alt.Scale(domain=list(labels)), legend=shown)


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("key:N", title="of"),
        alt.Tooltip("emotion:N"),
        alt.Tooltip("share:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%", title="at least"),
        alt.Tooltip("high:Q", format=".1%", title="at most"),
        alt.Tooltip("turns:Q", format=","),
    ]


def _whole(chart: Any, height: float) -> dict[str, Any]:
    whole: dict[str, Any] = chart.properties(width="container", height=height).to_dict()
    del whole["config"]  # that of the page holds
    return whole
