"""How the commands report what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from wasabi import msg
from wasabi.printer import Printer

from ..formats.faults import OnError

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as shells have it."""


OnErrorOption = Annotated[
    OnError,
    typer.Option(
        help="What cannot be read: stop there; skip it, and list it in a file that ends in "
        ".skipped; or collect all that there is of it in such a file, and write nothing else."
    ),
]


@contextmanager
def clear_errors(*, stopped: str = "Stopped.") -> Iterator[None]:
    """Print an expected error as its one sentence on stderr and exit with 1.

    Args:
        stopped: What Ctrl-C prints before it exits with 130.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        _fail(stopped, INTERRUPTED)


def tell_of_skipped(count: int, side_file: str) -> None:
    """Warn of what was left out, and say where it is listed."""
    if count:
        what = "one fault" if count == 1 else f"{count} faults"
        msg.warn(f"Left out what has {what}: see {side_file}.")


def _fail(sentence: str, code: int) -> None:
    typer.echo(Printer(no_print=True).fail(sentence), err=True)
    raise typer.Exit(code)
