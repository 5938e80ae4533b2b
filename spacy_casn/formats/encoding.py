"""Bytes of files as text."""

import codecs
import re

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WINDOWS = re.compile(rb"[\x00-\x7f\x80\x82-\x8c\x8e\x91-\x9c\x9e-\xfd]*")
"""What old Windows programs write: no control characters, and not the marks of other encodings."""
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def encoding_of(head: bytes, *, whole: bool = False) -> str | None:
    """Return the encoding of a text by its first bytes, None where it is no text.

    Without a byte order mark it is UTF-8, unless there are other bytes than ASCII and no two of
    them make a character of UTF-8: then it is Windows' cp1252.

    Args:
        head: The first bytes of the file.
        whole: Whether they are all of it, so that none is cut off in the middle of a character.
    """
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if zeros.count(0) > 0.7 * len(zeros) and head.count(0) == zeros.count(0):
                return encoding
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, whole)
    except UnicodeDecodeError:
        if not _MULTIBYTE.search(head) and _WINDOWS.fullmatch(head):
            return "cp1252"
    return "utf-8"


def decoded(data: bytes, name: str, remedy: str, *, encoding: str = "utf-8") -> str:
    """Return the text of a whole file.

    Args:
        data: What stands there.
        name: What an error calls the file.
        remedy: What to do about it.
        encoding: As Python calls it, such as `utf-8-sig` where the text may begin with a byte
            order mark.

    Raises:
        ValueError: it isn't of that encoding, with the line.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        title = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise ValueError(
            f"{name}, line {line}: the byte 0x{data[error.start]:02x} is no {title} "
            f"({error.reason}): {remedy}."
        ) from error


def as_text(data: bytes) -> str:
    """Return what stands there, with escapes for what is no UTF-8."""
    return data.decode("utf-8", "backslashreplace")
