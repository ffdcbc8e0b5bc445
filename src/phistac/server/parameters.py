"""What can be asked over HTTP, written once: request models for FastAPI, and with them the OpenAPI document.

The models say what there is and leave the checking to the core, which gets the very text that was sent: a bad value is
refused in the same words as in process, and there is one place that says what a value means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import attr
from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model
from stac_fastapi.types.search import APIRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CollectionsGet", "ItemsGet", "SearchGet", "SearchPost"]

_TEXT: dict[str, Any] = {"type": "string"}
_LIST: dict[str, Any] = {"type": "array", "items": _TEXT}
_BOX: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_LIMIT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}
_OBJECT: dict[str, Any] = {"type": "object"}

# Name: what it is, its schema in a body, its schema in an address.
_SEARCH: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "collections": ("Ids of collections.", _LIST, _TEXT),
    "ids": ("Ids of Items: names of products without their ending, or ids of bursts.", _LIST, _TEXT),
    "bbox": ("West, south, east, north in degrees. Not together with intersects.", _BOX, _TEXT),
    "intersects": ("A GeoJSON geometry that the footprint touches. Not together with bbox.", _OBJECT, _TEXT),
    "datetime": ("An RFC 3339 time, or two with '/' between; '..' is an open end.", _TEXT, _TEXT),
    "limit": ("Items on one page, at most.", _LIMIT, _LIMIT),
    "token": ("Where the page begins; from the link to the next page.", _TEXT, _TEXT),
    "filter": ("A CQL2 expression of queryables.", {"type": ["object", "string"]}, _TEXT),
    "filter-lang": ("cql2-text or cql2-json; told from the filter itself where left out.", _TEXT, _TEXT),
    "filter-crs": ("http://www.opengis.net/def/crs/OGC/1.3/CRS84, the only one.", _TEXT, _TEXT),
    "query": ('Conditions on properties, such as {"eo:cloud_cover": {"lt": 10}}.', _OBJECT, _TEXT),
    "sortby": ("The property to sort by; '-' before it for the greatest first.", {"type": "array"}, _TEXT),
    "fields": ("Fields of Items to include, or with '-' to exclude.", _OBJECT, _TEXT),
}
_COLLECTIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "q": ("Words with commas between; one of them stands in the collection's text.", _LIST, _TEXT),
    **{name: _SEARCH[name] for name in ("bbox", "datetime", "limit", "token")},
}


def _get(name: str, table: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]]) -> type[APIRequest]:
    fields = {
        _identifier(each): attr.ib(
            default=None, type=Annotated[str | None, Query(alias=each, description=text), WithJsonSchema(schema)]
        )
        for each, (text, _, schema) in table.items()
    }
    made: type[APIRequest] = attr.make_class(name, fields, bases=(APIRequest,))
    return made


def _post(name: str, table: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        _identifier(each): (Annotated[Any, WithJsonSchema(schema)], Field(None, alias=each, description=text))
        for each, (text, schema, _) in table.items()
    }
    # What is not in the table is passed on too: the core says by name what it does not know.
    return create_model(name, __config__=ConfigDict(extra="allow"), **fields)


def _identifier(name: str) -> str:
    return name.replace("-", "_")


SearchGet = _get("SearchGet", _SEARCH)
"""``GET /search``."""

SearchPost = _post("SearchPost", _SEARCH)
"""``POST /search``."""

CollectionsGet = _get("CollectionsGet", _COLLECTIONS)
"""``GET /collections``."""

_Items = _get("ItemsGet", {name: each for name, each in _SEARCH.items() if name != "collections"})


@attr.s
class ItemsGet(_Items):  # type: ignore[misc, valid-type]  # the base is made from the table
    """``GET /collections/{collection_id}/items``."""

    collection_id = attr.ib(kw_only=True, type=Annotated[str, Path(description="Id of the collection.")])
