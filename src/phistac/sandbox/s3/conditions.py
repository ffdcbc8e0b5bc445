"""What a conditional or ranged request is to be answered with: RFC 9110, sections 13 and 14, as S3 does them.

Pure. nanio knows neither conditions nor suffix ranges nor the status 416; this decides, and hands it a plain range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Verdict", "judge"]

_RANGE = re.compile(r"\s*bytes\s*=\s*(?:(\d+)\s*-\s*(\d*)|-\s*(\d+))\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a request for an object that exists."""

    status: int
    """200 or 206 to serve it; 304, 412 or 416 to say so."""

    first: int = 0
    """First byte, of a 206."""

    last: int = 0
    """Last byte, included."""


def judge(headers: Mapping[str, str], *, etag: str, modified: datetime, size: int) -> Verdict:
    """Decide how a GET or HEAD is answered.

    Parameters
    ----------
    headers : mapping
        The request's, names in lower case.
    etag : str
        The object's, without quotes.
    modified : datetime
        To the second.
    size : int
        Bytes.

    Notes
    -----
    A range that cannot be read, or more than one range, counts as none, so the whole object is the answer.

    Examples
    --------
    >>> when = datetime(2024, 1, 1, tzinfo=UTC)
    >>> judge({"range": "bytes=-10"}, etag="x", modified=when, size=100)
    Verdict(status=206, first=90, last=99)
    >>> judge({"if-match": '"y"'}, etag="x", modified=when, size=100).status
    412
    """
    if "if-match" in headers:
        if not _names(headers["if-match"], etag):
            return Verdict(412)
    elif (since := _date(headers.get("if-unmodified-since"))) is not None and modified > since:
        return Verdict(412)
    if "if-none-match" in headers:
        if _names(headers["if-none-match"], etag):
            return Verdict(304)
    elif (since := _date(headers.get("if-modified-since"))) is not None and modified <= since:
        return Verdict(304)
    if "range" in headers and _range_counts(headers.get("if-range"), etag, modified):
        return _range(headers["range"], size)
    return Verdict(200)


def _range(text: str, size: int) -> Verdict:
    match = _RANGE.fullmatch(text)
    if match is None:
        return Verdict(200)
    first, last, suffix = match.groups()
    if suffix is not None:
        start, stop = max(0, size - int(suffix)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return Verdict(200)  # last before first: not a range at all
    return Verdict(206, start, stop - 1) if start < stop else Verdict(416)


def _range_counts(if_range: str | None, etag: str, modified: datetime) -> bool:
    if if_range is None:
        return True
    when = _date(if_range)
    return _names(if_range, etag) if when is None else modified == when


def _names(header: str, etag: str) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or etag in {tag.strip('"') for tag in tags}  # weak tags keep their W/ and never match


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None  # RFC 9110: a date that cannot be read is as if it were not there
    return when if when.tzinfo else when.replace(tzinfo=UTC)
