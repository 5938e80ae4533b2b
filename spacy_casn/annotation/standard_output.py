"""Stdout as results go to it: never what a terminal would obey."""

import io
import sys
from typing import Any, BinaryIO, cast

from ..storage.shown import visible


class TerminalOutput(io.RawIOBase):
    """Writes UTF-8 to a terminal, with escapes for what it would obey.

    Args:
        terminal: Where it goes.
    """

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Write whole characters."""
        text = bytes(data).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        self._terminal.write(visible(text).encode())
        return len(data)

    def flush(self) -> None:
        """Show what was written."""
        self._terminal.flush()


def standard_output() -> BinaryIO:
    """Return where results go that have no file.

    Raises:
        ValueError: stdout is closed.
    """
    if sys.stdout is None:
        raise ValueError("There is no stdout to write to: it is closed; give a file.")
    out = sys.stdout.buffer
    return cast(BinaryIO, TerminalOutput(out)) if out.isatty() else out
