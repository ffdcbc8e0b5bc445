"""Footprints of records: the GeoJSON that a row carries, or else the WKT literal that older rows have alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import mapping

from phistac.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["bounds", "footprint", "lists"]

_LITERAL = re.compile(r"geography'SRID=4326;(.*)'", re.DOTALL)


def footprint(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a row's footprint as GeoJSON, or ``None`` where it has none.

    Raises
    ------
    CatalogueError
        If there is one that cannot be read.

    Examples
    --------
    >>> footprint({"Footprint": "geography'SRID=4326;POINT (1 2)'"})
    {'type': 'Point', 'coordinates': [1.0, 2.0]}
    """
    geojson: dict[str, Any] | None = row.get("GeoFootprint")
    if geojson:
        return geojson
    literal = row.get("Footprint")
    if not literal:
        return None
    match = _LITERAL.fullmatch(literal)
    try:
        geometry = shapely.from_wkt(match.group(1) if match else literal)
    except shapely.errors.GEOSException as error:
        raise CatalogueError(f"the footprint of {row.get('Name', '?')!r} is not WKT: {error}") from error
    return dict(lists(mapping(geometry)))


def bounds(geometry: Mapping[str, Any]) -> list[float]:
    """Return west, south, east, north of a GeoJSON geometry.

    A footprint across the antimeridian is cut there into two parts; its box then spans the globe, as CDSE's own does.
    """
    kind, parts = geometry["type"], geometry["coordinates"]
    if kind == "Polygon":
        positions = parts[0]
    elif kind == "MultiPolygon":
        positions = [position for polygon in parts for position in polygon[0]]
    else:
        positions = shapely.get_coordinates(shapely.geometry.shape(dict(geometry))).tolist()
    lon, lat, *_ = zip(*positions, strict=True)
    return [min(lon), min(lat), max(lon), max(lat)]


def lists(value: Any) -> Any:
    """Return nested tuples as nested lists, which is what JSON gives."""
    if isinstance(value, dict):
        return {key: lists(each) for key, each in value.items()}
    return [lists(each) for each in value] if isinstance(value, tuple | list) else value
