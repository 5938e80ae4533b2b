"""Text that breaks programs: what it is made of, dialogues of it, and what becomes of them."""

import re
from random import Random
from typing import NamedTuple

from spacy_casn.data.dialogue import clean_speaker

CONTROLS = tuple(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
HALVES = ("\ud800", "\ud83d", "\udbff", "\udc00", "\ude00", "\udfff")
"""Lone surrogates: each is one half of a character."""
LINE_BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
FRAGMENTS = {
    "blanks": ("", " ", "  ", "\t", "\x1f", "\u00a0", "\u1680", "\u2003", "\u202f", "\u3000"),
    "controls": CONTROLS,
    "halves": HALVES,
    "line breaks": LINE_BREAKS,
    "directions": (
        *("\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"),
        *("\u2066", "\u2067", "\u2068", "\u2069", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631"),
    ),
    "invisible": (
        *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e"),
        *("\ufe0e", "\ufe0f", "\u115f", "\u3164", "\U000e0001", "\U000e0067", "\U000e007f"),
    ),
    "emoji": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f3f3\ufe0f\u200d\U0001f308",  # a rainbow flag
        "\U0001f1e9\U0001f1ea",  # Germany's flag
        "\U0001f1e9",  # half of it
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England's
        "\U0001f44d\U0001f3fd",  # a thumb with a skin tone
        "1\ufe0f\u20e3",  # a keycap
        ":-)",
        ":(",
        "<3",
    ),
    "combining": (
        *("\u0301", "e\u0301", "\u0303\u0303", "Z\u0351\u036b\u0343\u036a", "\u20dd", "\u0e33"),
        *("\u1100\u1161\u11a8", "\u0928\u093f", "\ufb01", "\u0130", "\u1e9e", "\u0587"),
    ),
    "no characters": ("\ufdd0", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U0010ffff", "\u0378"),
    "markup": (
        *("<script>alert(1)</script>", "</script>", "</style>", "<!--", "-->", "]]>", "<"),
        *("<img src=x onerror=alert(1)>", "'\"><svg onload=alert(1)>", "</p></ol>", "<plaintext>"),
        *("&amp;", "&lt", "&#0;", "&#x110000;", "&", "{{ 7 * 7 }}", "{% raw %}", "{#", "${x}"),
    ),
    "prefixes": ("Ann: ", "Ann:", ": ", ":", "::", " :\t", "a:b", "Note:\n", "\u2026", "10:30"),
    "separators": (",", ";", '"', '""', '"\n"', "'", "\\", "\\n", "\\ud800", "=1+1", "\t\t", "|"),
    "word pieces": ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "##a", "<s>", "</s>", "<pad>"),
    "words": (
        *("Hello", "there!", "isn't", "U.S.", "a.m.", "10km", "...", "don't.", "\u6211\u5f88"),
        *("http://a.b/c?d=e#f", "a@b.cd", "(((", "!!!", "-", "a/b", "C++", "'S", "\u00df", "$5"),
    ),
}
_PAIR = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_HALF = re.compile("[\ud800-\udfff]")


class Said(NamedTuple):
    """A turn, as it is given."""

    speaker: str
    text: str


def random_text(random: Random, pieces: int = 6) -> str:
    """Up to so many pieces; each may be repeated, now and then very often."""
    return "".join(_random_piece(random) for _ in range(random.randint(0, pieces)))


def random_dialogue(random: Random, turns: int = 8) -> list[Said]:
    """One to so many turns; in every other dialogue, some have a speaker's name."""
    named = random.random() < 0.5
    return [
        Said(random_text(random, 3) if named and random.random() < 0.7 else "", random_text(random))
        for _ in range(random.randint(1, turns))
    ]


def joined(text: str) -> str:
    """With one character for its two halves, as JSON has it."""
    return _PAIR.sub(_join, text)


def whole(text: str) -> str:
    """The same, and with U+FFFD for the lone halves, which only JSON can hold."""
    return _HALF.sub("\ufffd", joined(text))


def in_line(text: str) -> str:
    """On one line, as a transcript has it."""
    return " ".join(whole(text).splitlines()).strip()


def written(said: Said) -> Said:
    """A turn as a Doc has it."""
    return Said(clean_speaker(said.speaker), in_line(said.text) or "…")


def _random_piece(random: Random) -> str:
    if random.random() < 0.1:
        piece = chr(random.randrange(0x110000))
    else:
        piece = random.choice(FRAGMENTS[random.choice(list(FRAGMENTS))])
    chance = random.random()
    if chance < 0.003:
        return piece * random.randint(100, 500)
    return piece * random.randint(2, 9) if chance < 0.1 else piece


def _join(match: re.Match[str]) -> str:
    high, low = map(ord, match.groups())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
