"""Finding collections: by area, time and words, on their documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.odata.times import instant
from phistac.stac.intervals import to_interval
from phistac.stac.parameters import to_box, to_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phistac.stac.intervals import Interval

__all__ = ["Found", "find_collections"]

_PARAMETERS = frozenset({"bbox", "datetime", "q", "limit", "token"})


@dataclass(frozen=True, slots=True)
class Found:
    """A page of collections."""

    collections: list[dict[str, Any]]
    matched: int
    token: str | None
    """What asks for the next page; ``None`` on the last."""


def find_collections(documents: Iterable[dict[str, Any]], params: Mapping[str, Any]) -> Found:
    """Return the collections that a collection search finds, in their order.

    Parameters
    ----------
    documents : iterable of dict
        Collections as STAC.
    params : mapping
        ``bbox`` (checked; every collection covers the globe), ``datetime``, and ``q``: words with commas between, one
        of which must stand in the id, title, description or keywords. ``limit`` and ``token`` for pages.

    Raises
    ------
    QueryError, GeometryError, DatetimeError
        If a parameter has no meaning.
    """
    unknown = sorted(set(params) - _PARAMETERS)
    if unknown:
        raise QueryError(
            f"a search of collections has no parameter {unknown[0]!r}",
            remedy=f"It has {', '.join(sorted(_PARAMETERS))}.",
        )
    if params.get("bbox"):
        to_box(params["bbox"])
    interval = to_interval(params.get("datetime") or None)
    words = _words(params.get("q"))
    found = [each for each in documents if _is_then(each, interval) and _mentions(each, words)]
    start = _start(params.get("token"), found)
    end = start + (to_limit(params.get("limit")) or len(found))
    return Found(found[start:end], len(found), found[end]["id"] if end < len(found) else None)


def _start(token: Any, found: list[dict[str, Any]]) -> int:
    """Return where a page begins: at the collection that its token names."""
    if not token:
        return 0
    try:
        return [each["id"] for each in found].index(str(token))
    except ValueError:
        raise QueryError("the token of the page is not of this search", remedy="Begin the search again.") from None


def _words(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    return [part.strip().strip('"').lower() for part in parts if part.strip()]


def _is_then(document: Mapping[str, Any], interval: Interval | None) -> bool:
    start = instant(document["extent"]["temporal"]["interval"][0][0])  # none of them has ended
    return interval is None or interval.end is None or interval.end >= start


def _mentions(document: Mapping[str, Any], words: list[str]) -> bool:
    text = " ".join((document["id"], document["title"], document["description"], *document["keywords"])).lower()
    return not words or any(word in text for word in words)
