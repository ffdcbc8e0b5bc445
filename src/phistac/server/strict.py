"""What STAC API refuses over HTTP though the core, which also serves people at a keyboard, would understand it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phistac.errors import DatetimeError, QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_body", "check_times"]

# RFC 3339, section 5.6: a zone is needed, written with a colon; the fraction has a point.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_OPEN = {"", ".."}


def check_times(params: Mapping[str, Any]) -> None:
    """Raise unless ``datetime`` is written as RFC 3339 has it: years, days and times without zone mean many things.

    Raises
    ------
    DatetimeError
        Names what is no such time.

    Examples
    --------
    >>> check_times({"datetime": "2024-08-02T00:00:00Z/.."})
    """
    value = params.get("datetime")
    if value in (None, ""):
        return
    for part in str(value).split("/"):
        if part not in _OPEN and not _TIME.fullmatch(part):
            raise DatetimeError(
                f"{part!r} is not a time of RFC 3339", remedy="Write one such as 2024-08-02T06:07:23Z, with its zone."
            )


def check_body(body: Mapping[str, Any]) -> None:
    """Raise where a body holds what belongs into an address: there values are JSON, not text with commas.

    Raises
    ------
    QueryError, DatetimeError
        If a value has no meaning.
    """
    check_times(body)
    if isinstance(body.get("bbox"), str):
        raise QueryError(f"bbox is {body['bbox']!r}", remedy="In a body it is a list of four or six numbers.")
    if "fields" in body and body["fields"] is None:
        raise QueryError("fields is null", remedy='Leave it out, or write it like {"include": ["id"]}.')
