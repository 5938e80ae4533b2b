"""When a turn was said, as far as its fields tell."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..formats.spoken import seconds

TIME_FIELDS = ("time", "timestamp", "datetime", "date", "created_at", "sent_at", "start")
"""Where a turn's time is looked for, in this order."""
SECONDS_FIELDS = ("start", "start_time", "starttime", "begin", "offset")
"""Where the place of a turn in its recording is looked for, in this order."""
EARLIEST, LATEST = 1e8, 1e11
"""Seconds since 1970: numbers below are no dates but places in a recording, above milliseconds."""


def moment_of(fields: Mapping[str, Any], column: str | None = None) -> datetime | None:
    """Return when a turn was said, None where it isn't known.

    Args:
        fields: What is known of the turn.
        column: The field that tells it; None for the first of `TIME_FIELDS` that does.
    """
    if column is not None:
        return _parsed(fields.get(column))
    known = {name.strip().lower(): value for name, value in fields.items()}
    found = (_parsed(known.get(name)) for name in TIME_FIELDS)
    return next((moment for moment in found if moment is not None), None)


def seconds_of(fields: Mapping[str, Any], column: str | None = None) -> float | None:
    """Return how many seconds of a recording went before a turn, None where it isn't known.

    Args:
        fields: What is known of the turn: seconds, or a clock such as "0:03" or "00:00:03,000".
        column: The field that tells it; None for the first of `SECONDS_FIELDS` that does.
    """
    if column is not None:
        return _seconds(fields.get(column))
    known = {name.strip().lower(): value for name, value in fields.items()}
    found = (_seconds(known.get(name)) for name in SECONDS_FIELDS)
    return next((each for each in found if each is not None), None)


def week_of(moment: datetime) -> date:
    """Return the Monday of a moment's week."""
    return moment.date() - timedelta(days=moment.weekday())


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return _written(text)
    if not EARLIEST < number < 1000 * LATEST or isinstance(value, bool):
        return None
    return datetime.fromtimestamp(number / 1000 if number > LATEST else number, UTC)


def _seconds(value: Any) -> float | None:
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return seconds(text)
    return number if 0 <= number <= EARLIEST and not isinstance(value, bool) else None


def _written(text: str) -> datetime | None:
    """Of ISO 8601, also without seconds; a date alone or an hour alone is no moment."""
    try:
        return datetime.fromisoformat(text) if len(text) > 10 else None
    except ValueError:
        return None
