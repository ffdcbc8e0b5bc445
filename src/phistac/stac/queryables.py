"""The queryables of collections as JSON Schema, made from the same columns that searches use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.stac.collections import Collection, collection
from phistac.stac.columns import columns, queryable_names

if TYPE_CHECKING:
    from phistac.odata.filters import ValueType

__all__ = ["queryables"]

_SCHEMAS: dict[ValueType, dict[str, Any]] = {
    "String": {"type": "string"},
    "Integer": {"type": "integer"},
    "Double": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTimeOffset": {"type": "string", "format": "date-time"},
}
_ARRAYS = frozenset({"instruments", "sar:polarizations", "sar:beam_ids"})


def queryables(identifier: str | None, root: str) -> dict[str, Any]:
    """Return what a collection, or all of them, can be searched by.

    Raises
    ------
    UnknownCollectionError
        If there is no such collection.
    """
    found: Collection | None = None if identifier is None else collection(identifier)
    path = "" if found is None else f"/collections/{found.id}"
    properties: dict[str, Any] = {
        "id": {"title": "Item id", "type": "string"},
        "geometry": {"title": "Footprint", "$ref": "https://geojson.org/schema/Geometry.json"},
    }
    for name in queryable_names(found):
        properties[name] = _schema(name, found)
    return {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": f"{root}{path}/queryables",
        "type": "object",
        "title": "Queryables" if found is None else f"Queryables of {found.title}",
        "properties": properties,
        "additionalProperties": False,
    }


def _schema(name: str, found: Collection | None) -> dict[str, Any]:
    ways = columns(name, found)
    base = dict(_SCHEMAS[ways[0].type]) if ways else {"type": "string"}
    if name in _ARRAYS:
        base = {"type": "array", "items": {"type": "string"}}
    elif name.endswith("datatake_id"):
        base = {"type": "string"}
    source = f" (catalogue: {', '.join(way.name for way in ways)})" if ways else ""
    return {"title": f"{name}{source}", **base}
