"""Areas as the catalogue can be asked for them: an address has to stay of a length that servers take.

An area of very many vertices is asked for by one of few around it, and then checked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import mapping, shape

from phistac.odata.filters import Expression, intersects, render

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["MAX_CHARACTERS", "area_node", "around", "asked_area"]

MAX_CHARACTERS = 5000
"""Length of the text of an area in a filter, at most: what is not yet encoded grows by a third in an address."""
_GLOBE = shapely.box(-180, -90, 180, 90)


def asked_area(area: dict[str, Any]) -> tuple[Expression, bool]:
    """Return the condition that a footprint meets an area (GeoJSON), and whether it is the area itself."""
    geometry = shape(area)
    exact = intersects(geometry)
    if len(render(exact)) <= MAX_CHARACTERS:
        return exact, True
    return intersects(around(geometry)), False


def around(geometry: BaseGeometry) -> BaseGeometry:
    """Return an area of few vertices that covers another one: the tightest of a few tries."""
    west, south, east, north = geometry.bounds
    size = max(east - west, north - south)
    for tolerance in (size / 1000, size / 300, size / 100, size / 30, size / 10):
        wide = shapely.buffer(geometry, tolerance, quad_segs=1, join_style="mitre", mitre_limit=2)
        # Simplifying moves an edge by less than the tolerance: half of the margin is left.
        tried = shapely.intersection(shapely.simplify(wide, tolerance / 2), _GLOBE)
        few = tried.geom_type in {"Polygon", "MultiPolygon"} and len(render(intersects(tried))) <= MAX_CHARACTERS
        if few and tried.is_valid and tried.covers(geometry):
            return tried
    return shapely.box(west, south, east, north)


def area_node(geometry: BaseGeometry) -> dict[str, Any]:
    """Return the condition that a footprint meets a geometry as CQL2-JSON."""
    return {"op": "s_intersects", "args": [{"property": "geometry"}, dict(mapping(geometry))]}
