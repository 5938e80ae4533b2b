"""`spacy_casn.summarize`: what many dialogues have in common, and which of them stand out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spacy.tokens import Doc

from ..data.dialogue import SPANS_KEY
from ..visualization.html_file import check_html_path, write_html
from .figures import Figures, figures_of
from .table import TurnTable, table_of_docs


@dataclass(frozen=True)
class Summary:
    """The figures of many dialogues, and what shows them.

    Args:
        table: All turns.
        figures: What was counted.
        title: What the page is called.
    """

    table: TurnTable
    figures: Figures
    title: str

    def to_html(self) -> str:
        """Return the page: one HTML document with charts, rankings and the turns behind them.

        Raises:
            ValueError: the extra `summary` isn't installed.
        """
        try:
            from .page import summary_page

            return summary_page(self.table, self.figures, self.title)
        except ModuleNotFoundError as error:
            raise ValueError(
                f"A summary's page needs the package {error.name}: "
                f"`pip install spacy-casn[summary]`."
            ) from error

    def to_disk(self, path: str | Path) -> Path:
        """Write the page, and a workbook with the same figures beside it, which is returned.

        Args:
            path: An `.html` file; the workbook has the same name with `.xlsx`.

        Raises:
            ValueError: another ending, or the extra `summary` isn't installed.
        """
        page = check_html_path(Path(path))
        html = self.to_html()
        from .workbook import write_workbook

        workbook = page.with_suffix(".xlsx")
        write_workbook(self.table, self.figures, workbook)
        write_html(html, page)
        return workbook


def summarize(
    docs: Doc | Iterable[Doc], *, spans_key: str = SPANS_KEY, title: str = "Emotions in dialogues"
) -> Summary:
    """Take the figures of annotated dialogues.

        summary = spacy_casn.summarize(nlp.pipe(texts))
        summary.to_disk("summary.html")

    Args:
        docs: Dialogues with labels in `doc.spans[spans_key]`.
        spans_key: Name of the span group with their turns.
        title: What the page is called.

    Raises:
        ValueError: something that is no Doc, or no turn with an emotion.
    """
    table = table_of_docs(docs, spans_key=spans_key)
    return Summary(table, figures_of(table), title)
