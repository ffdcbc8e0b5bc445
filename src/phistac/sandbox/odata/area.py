"""The area of ``OData.CSC.Intersects``: EPSG:4326, well-known text, closed rings, nothing that crosses itself."""

from __future__ import annotations

import re

import shapely

from phistac.sandbox.odata.errors import invalid

__all__ = ["check_area"]

_AREA = re.compile(r"SRID=4326;\s*((?:POINT|POLYGON|MULTIPOLYGON)\s*\(.*\))\s*", re.IGNORECASE | re.DOTALL)


def check_area(text: str) -> str:
    """Return the WKT in a geography literal such as ``SRID=4326;POINT (11 47)``.

    Raises
    ------
    RefusalError
        Another reference system or kind of geometry, text that is no WKT, an open ring, an invalid geometry.
    """
    match = _AREA.fullmatch(text)
    if match is None:
        raise invalid("$filter", "The area must be 'SRID=4326;' and a WKT POINT, POLYGON or MULTIPOLYGON.")
    try:
        geometry = shapely.from_wkt(match[1])
    except shapely.errors.GEOSException as error:
        raise invalid("$filter", f"Invalid geometry: {error}".splitlines()[0]) from error
    if geometry.is_empty or not geometry.is_valid:
        raise invalid("$filter", f"Invalid geometry: {shapely.is_valid_reason(geometry)}")
    return match[1]
