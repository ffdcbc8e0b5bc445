"""Times as whole microseconds since 1970, so that three and six digits of a second compare as they should."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["LITERAL", "microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE = timedelta(microseconds=1)

LITERAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})")
"""A date and time as filters must write it: complete, with a zone, not quoted."""


def microseconds(text: str) -> int:
    """Return a time as microseconds since 1970-01-01T00:00:00Z.

    Raises
    ------
    ValueError
        If the text is not an ISO 8601 date and time. Without a zone it is UTC.

    Examples
    --------
    >>> microseconds("1970-01-01T00:00:01.5Z"), microseconds("1970-01-01T01:00:00.000001+01:00")
    (1500000, 1)
    """
    value = datetime.fromisoformat(text)
    return ((value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH) // _ONE
