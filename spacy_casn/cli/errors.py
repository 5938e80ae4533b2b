"""How the commands report what went wrong."""

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType, MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from ..formats.faults import OnError
from .printing import VisiblePrinter, msg

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as shells have it."""
TERMINATED = 143
"""That of one which SIGTERM stopped."""
_OPTIONS: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar(
    "options", default=MappingProxyType({})
)
"""The running command's options by the names of its parameters."""


OnErrorOption = Annotated[
    OnError,
    typer.Option(
        help="What cannot be read: stop there; skip it, and list it in a file that ends in "
        ".skipped; or collect all that there is of it in such a file, and write nothing else."
    ),
]


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM came."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _TerminatedError


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Stop as Ctrl-C does: nothing unfinished is left, and no worker goes on alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def clear_errors(*, stopped: str = "Stopped.") -> Iterator[None]:
    """Print an expected error as its one sentence on stderr and exit with 1.

    Where the sentence names a parameter of the library, the command's option stands in its place.

    Args:
        stopped: What Ctrl-C prints before it exits with 130, and SIGTERM before 143.
    """
    try:
        yield
    except BrokenPipeError:
        # Python would flush stdout once more when it ends, and say that it can't.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail("Stopped: whoever read the output has closed it.", 1)
    except OSError as error:
        told = error.filename is not None and error.strerror
        _fail(f"'{error.filename}': {error.strerror}." if told else str(error), 1)
    except ValueError as error:
        _fail(name_options(str(error)), 1)
    except _TerminatedError:
        _fail(stopped, TERMINATED)
    except KeyboardInterrupt:
        _fail(stopped, INTERRUPTED)


class Command(TyperCommand):
    """A command whose errors name its options in place of the library's parameters."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run it."""
        options = {
            one.name: (max(one.opts, key=len), *one.secondary_opts)
            for one in self.params
            if isinstance(one, TyperOption)
        }
        token = _OPTIONS.set(options)
        try:
            with _stopped_by_sigterm():
                return super().invoke(ctx)
        finally:
            _OPTIONS.reset(token)


def name_options(sentence: str) -> str:
    """Put the running command's options for the parameters that a sentence names.

    The library writes them as `n_process`, `n_process` = 4 or `checksums` = False.
    """
    options = _OPTIONS.get()

    def option(found: re.Match[str]) -> str:
        given, *off = options.get(found[1], (found[0],))
        return off[0] if off and found[2] == " = False" else given

    return re.sub(r"`(\w+)`( = False| =)?", option, sentence)


def tell_of_skipped(count: int, side_file: str) -> None:
    """Warn of what was left out, and say where it is listed."""
    if count:
        what = "one fault" if count == 1 else f"{count} faults"
        msg.warn(f"Left out what has {what}: see {side_file}.")


def _fail(sentence: str, code: int) -> None:
    typer.echo(VisiblePrinter(no_print=True).fail(sentence), err=True)
    raise typer.Exit(code)
