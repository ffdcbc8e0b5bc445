"""The ``datetime`` of a search: an instant, an interval closed or open, or a year, month or day."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import DatetimeError
from phistac.odata.times import instant, text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DatetimeLike", "Interval", "to_interval"]

DatetimeLike: TypeAlias = "str | datetime | Sequence[str | datetime | None] | None"
"""What :func:`to_interval` takes."""

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_REMEDY = "Write a time such as 2024-08-02T06:07:23Z, a year, month or day, or two of them with '/' between."
_DAYS_END = re.compile(r"T23:59:59(?:Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_OPEN = {"", "..", None}
_TWO = 2


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``start`` to ``end``, both included; ``None`` is without end."""

    start: datetime | None
    end: datetime | None

    def to_cql2(self) -> dict[str, list[Any]]:
        """Return the interval as CQL2-JSON writes it."""
        return {"interval": [".." if each is None else {"timestamp": text(each)} for each in (self.start, self.end)]}


def to_interval(value: DatetimeLike) -> Interval | None:
    """Return the interval that a search means, or ``None`` for all times.

    Parameters
    ----------
    value : str, datetime, pair of those, or None
        As STAC writes it: ``2024-08-02T00:00:00Z/..``. Years, months and days mean all of themselves. A datetime
        without zone is UTC, as in pystac-client. An interval that ends at ``23:59:59`` ends with the day: pystac-client
        makes that of ``2024-08``, and what was sensed in the last second of the month is meant, too.

    Raises
    ------
    DatetimeError
        If it is no time, or ends before it starts.

    Examples
    --------
    >>> to_interval("2024-02").end.isoformat()
    '2024-02-29T23:59:59.999999+00:00'
    """
    if value is None:
        return None
    parts: list[str | datetime | None]
    if isinstance(value, str):
        parts = list(value.strip().split("/"))
    elif isinstance(value, datetime):
        parts = [value]
    else:
        parts = list(value)
    if not 1 <= len(parts) <= _TWO:
        raise DatetimeError(f"{value!r} is not a time or an interval", remedy=_REMEDY)
    first, last = parts[0], parts[-1]
    if len(parts) == 1 and first in _OPEN:
        raise DatetimeError(f"{value!r} is not a time or an interval", remedy=_REMEDY)
    start, end = _bounds(first)[0], _bounds(last)[1]
    if end is not None and isinstance(last, str) and _DAYS_END.search(last) and len(parts) == _TWO:
        end += timedelta(seconds=1, microseconds=-1)
    if start is None and end is None:
        raise DatetimeError(f"the interval {value!r} is open on both sides", remedy="Leave datetime out instead.")
    if start is not None and end is not None and end < start:
        raise DatetimeError(
            f"the interval ends before it starts: {first} is after {last}", remedy="Write the earlier time first."
        )
    return Interval(start, end)


def _bounds(value: str | datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last instant that a part of an interval means."""
    if value in _OPEN or value is None:
        return None, None
    if isinstance(value, datetime):
        moved = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moved, moved
    if not isinstance(value, str):
        raise DatetimeError(f"{value!r} is not a time", remedy=_REMEDY)
    partial = _PARTIAL.fullmatch(value.strip())
    if partial is None:
        at = instant(value)
        return at, at
    year, month, day = (None if part is None else int(part) for part in partial.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        last_month = month or 12
        last_day = day or calendar.monthrange(start.year, last_month)[1]
        end = datetime(start.year, last_month, last_day, 23, 59, 59, 999999, tzinfo=UTC)
    except ValueError as error:
        raise DatetimeError(f"{value!r} is not a day of the calendar", remedy=_REMEDY) from error
    return start, end
