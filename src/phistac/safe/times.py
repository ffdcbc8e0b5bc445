"""Times as products write them: ISO 8601, UTC, with or without the ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from phistac.errors import FormatError

__all__ = ["nanoseconds", "utc"]


def utc(value: str) -> datetime:
    """Return a time as an aware datetime in UTC.

    Raises
    ------
    FormatError
        If it is not an ISO 8601 time.

    Examples
    --------
    >>> utc("2021-04-03T11:58:30.792178")
    datetime.datetime(2021, 4, 3, 11, 58, 30, 792178, tzinfo=datetime.timezone.utc)
    """
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise FormatError(f"{value[:40]!r} is not a time") from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def nanoseconds(values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return times as a datetime64[ns] array of shape (n,), UTC.

    Raises
    ------
    FormatError
        If one of them is not a time.
    """
    try:
        return np.array([value.strip().removesuffix("Z") for value in values], dtype="datetime64[ns]")
    except ValueError as error:
        raise FormatError(f"not a time: {error}") from error
