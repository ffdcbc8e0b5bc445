"""Times as the catalogue writes them, and as it reads them: RFC 3339, UTC, with ``Z``, to the microsecond.

The catalogue has written three and six digits of a second, and ``+00:00`` for ``Z``, at different times. Everything
behind this module sees one spelling, so that times compare and sort as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from phistac.errors import DatetimeError

__all__ = ["instant", "normalized", "text"]

_MICROSECONDS = 27  # characters of 2024-01-01T00:00:00.000000Z
_MILLISECONDS = 24
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(?:[Zz]|([+-]\d\d:?\d\d))?")
_ORDER = "Write it as RFC 3339, such as 2024-08-02T06:07:23Z."


def normalized(value: str) -> str:
    """Return a time of the catalogue in one spelling: UTC, ``Z``, at least six digits of a second.

    Digits beyond the sixth are kept where they say something.
    A time without zone is UTC, as all of the catalogue's are.

    Raises
    ------
    DatetimeError
        If it is not a time.

    Examples
    --------
    >>> normalized("2021-02-20T13:38:02.110Z"), normalized("2024-04-15T09:42:51+00:00")
    ('2021-02-20T13:38:02.110000Z', '2024-04-15T09:42:51.000000Z')
    """
    # Nearly every time of a record is one of these two; the pattern below costs ten times as much.
    if len(value) == _MICROSECONDS and value[19] == "." and value[26] == "Z" and value[10] == "T":
        return value
    if len(value) == _MILLISECONDS and value[19] == "." and value[23] == "Z" and value[10] == "T":
        return f"{value[:23]}000Z"
    match = _TIME.fullmatch(value.strip())
    if match is None:
        raise DatetimeError(f"{value[:40]!r} is not a time", remedy=_ORDER)
    day, clock, fraction, offset = match.groups()
    digits = (fraction or "").ljust(6, "0")
    kept = digits if digits[6:].strip("0") else digits[:6]
    if offset is None or offset.replace(":", "") in {"+0000", "-0000"}:
        return f"{day}T{clock}.{kept}Z"
    moved = instant(value)
    return f"{moved:%Y-%m-%dT%H:%M:%S}.{kept}Z"


def instant(value: str) -> datetime:
    """Return a time as an aware datetime in UTC; digits beyond the microsecond are cut off.

    Raises
    ------
    DatetimeError
        If it is not a time.
    """
    match = _TIME.fullmatch(value.strip())
    if match is None:
        raise DatetimeError(f"{value[:40]!r} is not a time", remedy=_ORDER)
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset is None else offset
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '').ljust(6, '0')[:6]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DatetimeError(f"{value[:40]!r} is not a time ({error})", remedy=_ORDER) from error


def text(value: datetime) -> str:
    """Return an aware datetime as the catalogue reads it.

    Raises
    ------
    DatetimeError
        If it has no time zone: which instant it means would be a guess.

    Examples
    --------
    >>> text(datetime(2024, 1, 1, tzinfo=UTC))
    '2024-01-01T00:00:00.000000Z'
    """
    if value.tzinfo is None:
        raise DatetimeError(
            f"the time {value.isoformat()} has no time zone", remedy="Give it one, such as datetime.UTC."
        )
    moved = value.astimezone(UTC)
    return f"{moved.year:04d}-{moved:%m-%dT%H:%M:%S}.{moved.microsecond:06d}Z"
