"""What messages show of the content of files: little, and nothing that a terminal would obey.

Messages end in logs. They show at most `SHOWN` characters of what was said, and none at all where
the environment variable `SPACY_CASN_NO_CONTENT` is set.
"""

import os
import re
from collections.abc import Collection

SHOWN = 40
"""Characters of content in one place; a message has at most two."""
NO_CONTENT = "SPACY_CASN_NO_CONTENT"
"""The environment variable that keeps content out of all messages, unless it is "" or 0."""
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACES = str.maketrans({"\n": "\\n", "\t": "\\t"})


def visible(text: str) -> str:
    """Return the text with escapes for what terminals obey; line feeds and tabs stay.

    These are control characters, marks that turn the direction of writing, and half characters.
    """
    return _OBEYED.sub(_escaped, text)


def quoted(content: object, limit: int = SHOWN) -> str:
    """Return content on one line, a text in quotes, cut off behind so many characters.

    Where messages are to hold none, its length stands there.
    """
    text = str(content)
    if not shows_content():
        return f"({len(text):,} characters)"
    cut = visible(text[:limit]).translate(_SPACES) + ("…" if len(text) > limit else "")
    return f"'{cut}'" if isinstance(content, str) else cut


def listed(names: Collection[object], limit: int = 2 * SHOWN) -> str:
    """Return names that a file has, cut off behind so many characters; "none" if there are none."""
    if not names:
        return "none"
    if not shows_content():
        return f"({len(names):,} names)"
    text = ", ".join(map(str, names))
    return visible(text[:limit]).translate(_SPACES) + ("…" if len(text) > limit else "")


def shows_content() -> bool:
    """Return whether messages may hold content."""
    return os.environ.get(NO_CONTENT, "") in ("", "0")


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
