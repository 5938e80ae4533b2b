"""The page of a summary: one HTML file with its charts, figures and turns."""

from typing import Any

from markupsafe import Markup

from ..scoring.valence import is_neutral
from ..storage.strict_json import dumps
from ..visualization.colours import tone
from ..visualization.templates import displayable, fill
from .charts import answers_chart, columns_chart, overall_chart, page_script, rows_chart
from .figures import Figures
from .packed import pack_numbers, pack_texts
from .table import TurnTable

GHOST = ("#d3d8df", "#454d58")
"""Where there is no emotion, by day and by night: what matters is what stands out of it."""


def summary_page(table: TurnTable, figures: Figures, title: str) -> str:
    """Return the page, a whole HTML document that needs no other file and no network."""
    labels = table.labels
    charts: dict[str, Any] = {
        "overall": overall_chart(figures.overall, labels),
        "speakers": rows_chart(figures.speakers, labels),
        "positions": columns_chart(figures.positions, labels, "place in the dialogue"),
        "answers": answers_chart(figures.answers, labels),
    }
    if figures.hours is not None and figures.weeks is not None:
        charts["hours"] = columns_chart(figures.hours, labels, "hour of the day")
        charts["weeks"] = columns_chart(figures.weeks, labels, "week that begins on")
    if figures.minutes is not None:
        charts["minutes"] = columns_chart(figures.minutes, labels, "minutes into the conversation")
    chunks, numbers = pack_texts(table, figures)
    tones = [tone(label) for label in labels]
    colours = {
        "light": [_area(label, each.fill, 0) for label, each in zip(labels, tones, strict=True)],
        "dark": [_area(label, each.dark, 1) for label, each in zip(labels, tones, strict=True)],
    }
    return fill(
        "summary.html",
        title=title,
        table=table,
        figures=figures,
        emotional=_emotional(figures, labels),
        without_text=int((numbers < 0).sum()),
        numbers=Markup(pack_numbers(table, figures, numbers)),
        chunks=[Markup(chunk) for chunk in chunks],
        charts=_script_json({"specs": charts, "colours": colours}),
        between=_script_json(figures.answers_between.tolist()),
        vega=Markup(page_script().replace("</script", "<\\/script").replace("<!--", "<\\!--")),
    )


def _emotional(figures: Figures, labels: list[str]) -> float:
    """Return the share of turns with an emotion."""
    emotional = [not is_neutral(label) for label in labels]
    return float(figures.overall.shares[0, emotional].sum())


def _area(label: str, colour: str, scheme: int) -> str:
    return GHOST[scheme] if is_neutral(label) else colour


def _script_json(content: Any) -> Markup:
    """Return JSON that can stand in a script element, whatever texts are in it."""
    text = dumps(content).replace("<", "\\u003c")
    return Markup(displayable(text))
