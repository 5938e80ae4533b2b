"""Bytes of files as text."""


def decoded(data: bytes, name: str, remedy: str, *, encoding: str = "utf-8") -> str:
    """The text of a whole file.

    Args:
        data: What stands there.
        name: What an error calls the file.
        remedy: What to do about it.
        encoding: UTF-8, or `utf-8-sig` where it may begin with a byte order mark.

    Raises:
        ValueError: it is no UTF-8, with the line.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}, line {line}: the byte 0x{data[error.start]:02x} is no UTF-8 "
            f"({error.reason}): {remedy}."
        ) from error


def as_text(data: bytes) -> str:
    """What stands there, with escapes for what is no UTF-8."""
    return data.decode("utf-8", "backslashreplace")
