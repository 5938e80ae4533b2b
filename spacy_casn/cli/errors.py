"""How the commands report what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from wasabi import msg


@contextmanager
def clear_errors() -> Iterator[None]:
    """Print an expected error as its one sentence and exit with 1."""
    try:
        yield
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)
