"""The parameters of a STAC search, read and checked: the forms of GET and POST alike.

What they mean to the catalogue is said in :mod:`phistac.stac.search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.analysis.aoi import to_geometry
from phistac.errors import QueryError
from phistac.stac.collections import Collection, collection
from phistac.stac.cql2 import cql2_json, from_query
from phistac.stac.ids import item_id
from phistac.stac.intervals import Interval, to_interval

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Search", "to_box", "to_limit", "to_search"]

_PARAMETERS = frozenset(
    {
        *("collections", "ids", "bbox", "intersects", "datetime", "limit", "token"),
        *("filter", "filter-lang", "filter-crs", "query", "sortby", "fields"),
    }
)
_MOST = 10_000  # Items on a page, as STAC API has it
_LANGUAGES = ("cql2-text", "cql2-json")
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Search:
    """What is searched for, all parameters read and checked."""

    collections: tuple[Collection, ...] = ()
    ids: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    interval: Interval | None = None
    filter: Mapping[str, Any] | None = None
    order: tuple[str, bool] | None = None
    """Property to sort by, and whether descending."""
    fields: Mapping[str, Any] | None = None
    limit: int | None = None


def to_search(params: Mapping[str, Any]) -> Search:
    """Read the parameters of a search.

    Parameters
    ----------
    params : mapping
        ``collections, ids, bbox, intersects, datetime, filter, query, sortby, fields, limit``, as STAC API
        defines them; lists, or text with commas as in an address.

    Raises
    ------
    UnknownCollectionError
        Names the collections that are nearly called so.
    GeometryError, DatetimeError, QueryError
        If a parameter has no meaning.
    """
    unknown = sorted(set(params) - _PARAMETERS)
    if unknown:
        raise QueryError(
            f"a search has no parameter {unknown[0]!r}", remedy=f"It has {', '.join(sorted(_PARAMETERS))}."
        )
    given = {key: value for key, value in params.items() if not _is_empty(value)}
    if "bbox" in given and "intersects" in given:
        raise QueryError("bbox and intersects exclude each other", remedy="Give one of them.")
    return Search(
        collections=tuple(
            collection(each) for each in dict.fromkeys(_words("collections", given.get("collections", ())))
        ),
        ids=tuple(dict.fromkeys(item_id(each.strip()) for each in _words("ids", given.get("ids", ())))),
        geometry=_geometry(given),
        interval=to_interval(given.get("datetime")),
        filter=_filter(given),
        order=_order(given.get("sortby")),
        fields=_fields(given.get("fields")),
        limit=to_limit(given.get("limit")),
    )


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | list | Mapping) and not value)


def _parts(name: str, value: Any) -> list[Any]:
    """Return the parts of a list, or of text with commas between."""
    if isinstance(value, str):
        return [each.strip() for each in value.split(",")]
    if isinstance(value, Iterable):
        return list(value)
    raise QueryError(f"{name} is {value!r}", remedy="Give a list, or text with commas between.")


def _words(name: str, value: Any) -> tuple[str, ...]:
    parts = _parts(name, value)
    if not all(isinstance(each, str) and each for each in parts):
        raise QueryError(f"{name} is {value!r}", remedy=f"Give a list of {'names' if name == 'fields' else 'ids'}.")
    return tuple(parts)


def to_box(value: Any) -> BaseGeometry:
    """Return the area of a ``bbox``, a list of numbers or text with commas between.

    Raises
    ------
    GeometryError, QueryError
        If it is none.
    """
    try:
        return to_geometry(tuple(float(each) for each in _parts("bbox", value)))
    except (TypeError, ValueError) as error:
        if isinstance(error, QueryError):
            raise
        raise QueryError(f"bbox is {value!r}", remedy="Write west,south,east,north in degrees.") from error


def _geometry(given: Mapping[str, Any]) -> BaseGeometry | None:
    if "intersects" in given:
        return to_geometry(given["intersects"])
    return to_box(given["bbox"]) if "bbox" in given else None


def _filter(given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if given.get("filter-crs", _CRS84) != _CRS84:
        raise QueryError(f"filter-crs is {given['filter-crs']!r}", remedy=f"Only {_CRS84} is known.")
    if given.get("filter-lang", "cql2-json") not in _LANGUAGES:
        raise QueryError(f"filter-lang is {given['filter-lang']!r}", remedy=f"It is {' or '.join(_LANGUAGES)}.")
    terms = []
    value = given.get("filter")
    if isinstance(value, str):
        value = cql2_json(value)
    if value is not None:
        terms.append(value)
    query = given.get("query")
    if query is not None:
        terms.append(from_query(cql2_json(query) if isinstance(query, str) else query))
    return {"op": "and", "args": terms} if len(terms) > 1 else (terms[0] if terms else None)


def _order(value: Any) -> tuple[str, bool] | None:
    if value is None:
        return None
    keys = _parts("sortby", value)
    if len(keys) != 1:
        raise QueryError("the catalogue sorts by one property at a time", remedy="Sort by one, or sort the table.")
    key = keys[0]
    if isinstance(key, Mapping):
        name, direction = str(key.get("field", "")), key.get("direction", "asc")
        if direction not in {"asc", "desc"}:
            raise QueryError(f"the direction of sortby is {direction!r}", remedy="It is 'asc' or 'desc'.")
        descending = direction == "desc"
    else:
        # A plus sign that nobody escaped has arrived as a space, and is gone.
        name, descending = str(key).lstrip("+-"), str(key).startswith("-")
    return name.removeprefix("properties."), descending


def _fields(value: Any) -> Mapping[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        if set(value) <= {"include", "exclude"} and not any(isinstance(each, str) for each in value.values()):
            return {part: None if names is None else _words("fields", names) for part, names in value.items()}
        raise QueryError(f"fields is {value!r}", remedy='Write it like {"include": ["id"], "exclude": ["links"]}.')
    names = _words("fields", value)
    parts = {
        "include": [name.lstrip("+") for name in names if not name.startswith("-")],
        "exclude": [name[1:] for name in names if name.startswith("-")],
    }
    return {part: each for part, each in parts.items() if each}


def to_limit(value: Any) -> int | None:
    """Return how many are wanted on a page, at most; ``None`` where nothing is said.

    Raises
    ------
    QueryError
        If it is no number above zero.
    """
    if value in (None, ""):
        return None
    try:
        limit = int(value)
    except (TypeError, ValueError):
        limit = 0
    if limit < 1:
        raise QueryError(f"limit is {value!r}", remedy="It is a number from 1 to 10000.")
    return min(limit, _MOST)  # OGC API - Features: more than there can be is no error
