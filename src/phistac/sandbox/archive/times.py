"""Instants as the products and the catalogue write them; every one of them UTC.

Nothing here reads a clock: a seeded archive has to come out the same on every machine and every day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["anno", "compact", "dashed", "odata", "parse", "shift", "xml_ms"]


def parse(text: str) -> datetime:
    """Return the instant that ``text`` names, with or without ``Z``; UTC where nothing is said.

    Raises
    ------
    ValueError
        If the text is not ISO 8601.

    Examples
    --------
    >>> parse("2025-04-06T02:20:09.449360").microsecond
    449360
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def shift(moment: datetime, seconds: float) -> datetime:
    """Return the instant ``seconds`` later, to the microsecond."""
    return moment + timedelta(microseconds=round(seconds * 1e6))


def anno(moment: datetime) -> str:
    """Microseconds and no ``Z``, as in Sentinel-1 annotations and manifests."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def odata(moment: datetime) -> str:
    """Microseconds and ``Z``, as in catalogue records since 2024-09."""
    return anno(moment) + "Z"


def xml_ms(moment: datetime) -> str:
    """Milliseconds and ``Z``, as in Sentinel-2 product metadata."""
    return anno(moment)[:-3] + "Z"


def compact(moment: datetime) -> str:
    """``YYYYMMDDTHHMMSS`` as in product names; fractions are cut off, not rounded."""
    return moment.strftime("%Y%m%dT%H%M%S")


def dashed(moment: datetime) -> str:
    """Return the compact form in lower case, as in Sentinel-1 file names."""
    return compact(moment).lower()
