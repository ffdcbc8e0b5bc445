"""Areas of interest: whatever a user has in hand, made into one valid geometry in longitude and latitude.

Every search, cut and statistic goes through :func:`to_geometry`, so what a valid area is gets decided here and nowhere
else: liberal in what it takes, strict in what it returns. Reading files is not done here (:mod:`phistac.local` does).
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from phistac.errors import GeometryError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries

__all__ = ["AreaLike", "to_geometry"]

AreaLike: TypeAlias = "str | BaseGeometry | Mapping[str, Any] | Sequence[float] | GeoDataFrame | GeoSeries | Any"
"""What :func:`to_geometry` takes; ``Any`` stands for objects with a ``__geo_interface__``."""

_FORMS = (
    "Give WKT, a GeoJSON geometry or feature, a shapely geometry, a GeoDataFrame, or a box (west, south, east, north)."
)
_ORDER = "Coordinates are longitude, latitude in degrees (EPSG:4326): -180..180, -90..90."
_EPSG = "EPSG:4326"
_ANTIMERIDIAN = 180.0
_SHOWN = 60  # characters of a bad text that an error repeats


def to_geometry(area: AreaLike) -> BaseGeometry:
    """Return the area as one valid two-dimensional geometry in EPSG:4326.

    Parameters
    ----------
    area : str, mapping, shapely geometry, sequence of float, GeoDataFrame or GeoSeries
        WKT or GeoJSON as text; a GeoJSON geometry, Feature or FeatureCollection, or anything with
        ``__geo_interface__``; a box ``(west, south, east, north)`` or ``(west, south, bottom, east, north, top)`` in
        degrees, where west > east means across the antimeridian; a GeoDataFrame or GeoSeries in any reference system
        (in degrees where it names none). Several features become their union. Heights are dropped.

    Returns
    -------
    shapely.geometry.base.BaseGeometry
        Not empty, valid, closed, within -180..180 and -90..90.

    Raises
    ------
    GeometryError
        If it is none of the forms above, empty, self-crossing, not closed, not finite or out of range.

    Examples
    --------
    >>> to_geometry((14.0, 40.5, 14.5, 41.0)).bounds
    (14.0, 40.5, 14.5, 41.0)
    >>> to_geometry((170, -20, -170, -10)).geom_type
    'MultiPolygon'
    """
    if hasattr(area, "to_crs") and hasattr(area, "union_all"):
        return _checked(_from_table(area))
    if isinstance(area, BaseGeometry):
        return _checked(area)
    if isinstance(area, str):
        return _checked(_from_text(area))
    interface = getattr(area, "__geo_interface__", area)
    if isinstance(interface, Mapping):
        return _checked(_from_geojson(interface))
    if isinstance(area, Sequence | np.ndarray):
        return _checked(_from_box(area))
    raise GeometryError(f"an area cannot be made from {type(area).__name__}", remedy=_FORMS)


def _from_text(text: str) -> BaseGeometry:
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            return _from_geojson(json.loads(stripped))
        except json.JSONDecodeError as error:
            raise GeometryError(f"the area is not JSON: {error}", remedy=_FORMS) from error
    srid, separator, wkt = stripped.partition(";")
    if separator and srid.upper() != "SRID=4326":
        raise GeometryError(f"the area is in {srid!r}", remedy="Reproject it to EPSG:4326 first.")
    try:
        return shapely.from_wkt(wkt if separator else stripped)
    except shapely.errors.GEOSException as error:
        raise GeometryError(
            f"{textwrap.shorten(stripped, _SHOWN, placeholder='...')!r} is not WKT ({_reason(error)})", remedy=_FORMS
        ) from error


def _from_geojson(value: Mapping[str, Any]) -> BaseGeometry:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise GeometryError("this mapping is not GeoJSON: it names no type", remedy=_FORMS)
    if kind == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, Sequence) or not features:
            raise GeometryError("the FeatureCollection has no features")
        return shapely.union_all([_checked(_from_geojson(feature)) for feature in features])
    if kind == "Feature":
        if not isinstance(value.get("geometry"), Mapping):
            raise GeometryError(f"the Feature {value.get('id', '')!r} has no geometry")
        return _from_geojson(value["geometry"])
    _require_closed_rings(value)
    try:
        return shape(dict(value))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise GeometryError(
            f"this is not a GeoJSON geometry: type {kind!r} ({_reason(error)})", remedy=_FORMS
        ) from error


def _require_closed_rings(value: Mapping[str, Any]) -> None:
    """Refuse open rings: shapely would close them without a word, and the ring may have been cut short."""
    kind, coordinates = value.get("type"), value.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(coordinates, Sequence):
        return
    polygons = [coordinates] if kind == "Polygon" else coordinates
    for ring in (ring for polygon in polygons if isinstance(polygon, Sequence) for ring in polygon):
        if isinstance(ring, Sequence) and ring and ring[0] != ring[-1]:
            raise GeometryError(
                f"a ring of the {kind} is not closed: it starts at {ring[0]} and ends at {ring[-1]}",
                remedy="Repeat the first position at the end.",
            )


def _from_box(values: Sequence[Any] | np.ndarray) -> BaseGeometry:
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"{values!r} is not a box of numbers", remedy=_FORMS) from error
    if numbers.shape not in {(4,), (6,)}:
        raise GeometryError(f"a box has 4 or 6 numbers, this has the shape {numbers.shape}", remedy=_FORMS)
    half = numbers.size // 2
    (west, south), (east, north) = numbers[:2].tolist(), numbers[half : half + 2].tolist()
    _check_coordinates(np.array([[west, south], [east, north]]))
    if south > north:
        raise GeometryError(f"the box ends south of where it starts: {south} > {north}", remedy=_FORMS)
    if west > east:  # the two names of the antimeridian, so that no half is left without width
        west, east = (-180.0 if west == _ANTIMERIDIAN else west), (180.0 if east == -_ANTIMERIDIAN else east)
    if west > east:
        return shapely.union_all([_rectangle(west, south, 180.0, north), _rectangle(-180.0, south, east, north)])
    return _rectangle(west, south, east, north)


def _rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return the box as a polygon, or as the line or point that it degenerates to."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    return (
        shapely.Point(west, south)
        if (west, south) == (east, north)
        else shapely.LineString([(west, south), (east, north)])
    )


def _from_table(table: Any) -> BaseGeometry:
    geometry = table.geometry
    if len(geometry) == 0:
        raise GeometryError("the table of the area has no rows")
    missing = int(geometry.isna().sum())
    if missing:
        raise GeometryError(
            f"{missing} of {len(geometry)} rows of the area have no geometry", remedy="Drop them first."
        )
    if geometry.crs is not None and geometry.crs != _EPSG:
        geometry = geometry.to_crs(_EPSG)
    return shapely.union_all([_checked(part) for part in geometry.array])


def _checked(geometry: BaseGeometry) -> BaseGeometry:
    flat = shapely.force_2d(geometry)
    _check_coordinates(shapely.get_coordinates(flat))
    if flat.is_empty:
        raise GeometryError("the area is empty", remedy=_FORMS)
    if not shapely.is_valid(flat):
        raise GeometryError(
            f"the area is not a valid {flat.geom_type}: {shapely.is_valid_reason(flat)}",
            remedy="Move the vertices so that no edge crosses another (shapely.make_valid can propose a repair).",
        )
    return flat


def _check_coordinates(xy: np.ndarray) -> None:
    if not np.isfinite(xy).all():
        raise GeometryError("the area has a coordinate that is not a finite number", remedy=_ORDER)
    outside = (np.abs(xy) > (180.0, 90.0)).any(axis=1)
    if outside.any():
        x, y = xy[outside][0].tolist()
        raise GeometryError(f"the position ({x:g}, {y:g}) is not on the globe", remedy=_ORDER)


def _reason(error: Exception) -> str:
    """Return GEOS' reason without its class name."""
    return str(error).removeprefix("ParseException: ").strip() or type(error).__name__
