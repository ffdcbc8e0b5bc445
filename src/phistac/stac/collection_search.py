"""Finding collections: by area, time and words, on their documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.analysis.aoi import to_geometry
from phistac.errors import QueryError
from phistac.odata.times import instant
from phistac.stac.intervals import to_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phistac.stac.intervals import Interval

__all__ = ["find_collections"]

_PARAMETERS = frozenset({"bbox", "datetime", "q", "limit", "token", "sortby", "fields"})


def find_collections(documents: Iterable[dict[str, Any]], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the collections that a collection search finds, in their order.

    Parameters
    ----------
    documents : iterable of dict
        Collections as STAC.
    params : mapping
        ``bbox`` (checked; every collection covers the globe), ``datetime``, and ``q``: words with commas between, one
        of which must stand in the id, title, description or keywords.

    Raises
    ------
    QueryError, GeometryError, DatetimeError
        If a parameter has no meaning.
    """
    unknown = sorted(set(params) - _PARAMETERS)
    if unknown:
        raise QueryError(f"a search of collections has no parameter {unknown[0]!r}")
    box = params.get("bbox")
    if box:
        to_geometry(tuple(float(each) for each in (box.split(",") if isinstance(box, str) else box)))
    interval = to_interval(params.get("datetime"))
    words = _words(params.get("q"))
    return [each for each in documents if _is_then(each, interval) and _mentions(each, words)]


def _words(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    return [part.strip().strip('"').lower() for part in parts if part.strip()]


def _is_then(document: Mapping[str, Any], interval: Interval | None) -> bool:
    start = instant(document["extent"]["temporal"]["interval"][0][0])  # none of them has ended
    return interval is None or interval.end is None or interval.end >= start


def _mentions(document: Mapping[str, Any], words: list[str]) -> bool:
    text = " ".join((document["id"], document["title"], document["description"], *document["keywords"])).lower()
    return not words or any(word in text for word in words)
