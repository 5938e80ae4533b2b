"""What people type, in the words and characters that encoders have learned to read."""

import unicodedata

import emoji


def readable(text: str) -> str:
    """Return the text as encoders have learned to read: emoji by their names, in plain characters.

    An encoder's vocabulary has hardly any emoji, and would see one unknown sign in all of them.
    """
    if text.isascii():
        return text
    named = emoji.replace_emoji(unicodedata.normalize("NFKC", text), _name)
    return " ".join(named.split())


def _name(sign: str, data: dict[str, str]) -> str:
    return f" {data['en'].strip(':').replace('_', ' ')} "
