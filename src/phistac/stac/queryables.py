"""What collections can be searched and sorted by, as JSON Schema, made from the same table that searches use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.odata.query import SORTABLE
from phistac.stac.collections import Collection, collection
from phistac.stac.columns import columns
from phistac.stac.properties import properties

if TYPE_CHECKING:
    from phistac.stac.properties import Kind, Property

__all__ = ["queryables", "sortable_names", "sortables"]

_SCHEMA = "https://json-schema.org/draft/2019-09/schema"
_SCHEMAS: dict[Kind, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "geometry": {"$ref": "https://geojson.org/schema/Geometry.json"},
}
_TITLES = {"id": "Item id", "geometry": "Footprint", "collection": "Collection id"}


def queryables(identifier: str | None, root: str) -> dict[str, Any]:
    """Return what a collection, or all products, can be searched by.

    Parameters
    ----------
    identifier : str, optional
        Id of the collection.
    root : str
        Address of the API.

    Raises
    ------
    UnknownCollectionError
        If there is no such collection.
    """
    found = None if identifier is None else collection(identifier)
    table = {each.name: _schema(each) for each in properties(found).values()}
    return _document("queryables", found, root, table)


def sortables(identifier: str | None, root: str) -> dict[str, Any]:
    """Return what the results of a collection, or of all products, can be sorted by; arguments and errors the same."""
    found = None if identifier is None else collection(identifier)
    table = {name: _schema(properties(found)[name]) for name in sortable_names(found)}
    return _document("sortables", found, root, table)


def sortable_names(found: Collection | None) -> tuple[str, ...]:
    """Return the properties that ``sortby`` takes: those that are fields by which the catalogue orders."""
    fields = SORTABLE["Products" if found is None else found.entity]
    names = (name for name, each in properties(found).items() if each.kind == "time" and each.asked)
    return tuple(name for name in names if columns(name, found)[0].name in fields)


def _schema(prop: Property) -> dict[str, Any]:
    said = ", ".join(prop.asked)
    where = f"The catalogue is asked for {said}." if said else "Not known to the catalogue: checked on the Items."
    return {"title": _TITLES.get(prop.name, prop.name), "description": where, **_SCHEMAS[prop.kind]}


def _document(kind: str, found: Collection | None, root: str, table: dict[str, Any]) -> dict[str, Any]:
    path = "" if found is None else f"/collections/{found.id}"
    title = kind.capitalize()
    return {
        "$schema": _SCHEMA,
        "$id": f"{root}{path}/{kind}",
        "type": "object",
        "title": title if found is None else f"{title} of {found.title}",
        "properties": table,
        "additionalProperties": False,
    }
