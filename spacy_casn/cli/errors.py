"""How the commands report what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from wasabi.printer import Printer

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as shells have it."""


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


def _fail(sentence: str, code: int) -> None:
    typer.echo(Printer(no_print=True).fail(sentence), err=True)
    raise typer.Exit(code)
