"""What other libraries' errors become: one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from safetensors import SafetensorError

from .shown import listed, shows_content

FIRST_LINE = 200
"""Characters of another library's error that are shown."""


def first_line(error: Exception) -> str:
    """Return what an error says, in one short line without a full stop.

    It may hold content, so of some only the kind is told; see `shown`.
    """
    said = (str(error).strip() or repr(error)).splitlines()[0].rstrip(".")
    return listed([said], FIRST_LINE) if shows_content() else type(error).__name__


@contextmanager
def explained_misfit(weights: str, remedy: str) -> Iterator[None]:
    """Turn what the loading of weights raises into one ValueError.

    Args:
        weights: What they are called, such as "The weights of 'model-best'".
        remedy: What to do.
    """
    try:
        yield
    except (
        ValueError,
        RuntimeError,
        LookupError,
        TypeError,
        AttributeError,
        SafetensorError,
    ) as error:
        raise ValueError(
            f"{weights} don't fit this config's model ({first_line(error)}): {remedy}."
        ) from error
