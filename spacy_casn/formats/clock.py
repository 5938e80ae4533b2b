"""Dates and times of chats, as telephones of all countries write them."""

import re
from collections.abc import Iterable
from datetime import datetime

_WORD = r"[^\W\d_][^\d\s\[\]:,،]{0,14}(?:\s[^\W\d_]{1,3}\.?)?"
DATE = r"\d{1,4}\s?[./\-年년]\s?\d{1,2}\s?[./\-月월]\s?\d{1,4}[.日일]?"
"""Day, month and year in whatever order."""
TIME = rf"(?:{_WORD}\s?)?\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:\s?{_WORD})?"
"""Hours and minutes, with or without seconds and a word for the half of the day."""

_NUMBERS = re.compile(r"\d+")
_HALF_DAY = re.compile(
    r"(?<!\w)(?:(?P<morning>a\.?\s?m\b|오전|上午|午前|ص|π\.?μ|öö|de\.|fm\b|ap\.)"
    r"|(?P<afternoon>p\.?\s?m\b|오후|下午|午後|م|μ\.?μ|ös|du\.|em\b|ip\.))",
    re.IGNORECASE,
)


def month_first(moments: Iterable[tuple[str, str]]) -> bool:
    """Return whether the dates of one chat put the month before the day.

    A number above twelve settles it. Where there is none, the day comes first, unless dates have
    slashes and times a capital AM or PM, as in the United States.

    Args:
        moments: Date and time of each message.
    """
    american = slashes = False
    for date, time in moments:
        first, second = (int(number) for number in _NUMBERS.findall(date)[:2])
        if first > 12 or second > 12:
            return first <= 12
        slashes = slashes or "/" in date
        american = american or time.endswith(("AM", "PM"))
    return slashes and american


def timestamp(date: str, time: str, *, month_first: bool) -> str:
    """Return date and time as ISO 8601; what stands there, where they are no valid ones."""
    first, second, third = (int(number) for number in _NUMBERS.findall(date))
    year, month, day = (first, second, third) if first > 31 else (third, second, first)
    if month_first and first <= 31:
        month, day = day, month
    hour, minute, second, *_ = (*(int(number) for number in _NUMBERS.findall(time)), 0)
    half = _HALF_DAY.search(time)
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if half["afternoon"] else 0)
    try:
        moment = datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)
    except ValueError:
        return f"{date} {time}"
    return moment.isoformat()
