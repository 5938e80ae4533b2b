"""What commands print: nothing in it that a terminal would obey."""

from typing import Any

from wasabi.printer import Printer

from ..storage.shown import visible


class VisiblePrinter(Printer):
    """Prints as wasabi does, with escapes for control characters of names and files."""

    def text(self, title: Any = "", text: Any = "", *args: Any, **settings: Any) -> str | None:
        """Print a message."""
        return super().text(_visible(title), _visible(text), *args, **settings)

    def divider(self, text: str = "", *args: Any, **settings: Any) -> str | None:
        """Print a line with a title in it."""
        return super().divider(visible(text), *args, **settings)

    def table(self, data: Any, **settings: Any) -> str | None:
        """Print a table."""
        header = settings.pop("header", None)
        cells = [[_visible(cell) for cell in row] for row in data]
        shown = None if header is None else [_visible(cell) for cell in header]
        return super().table(cells, header=shown, **settings)


def _visible(cell: Any) -> Any:
    return visible(cell) if isinstance(cell, str) else cell


msg = VisiblePrinter()
