"""Footprint of an image or burst, from the geolocation grid at its four corners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from phistac.safe.sentinel1 import GeolocationGrid
    from phistac.safe.sentinel1.values import FloatArray, TimeArray

__all__ = ["geospatial_attrs"]


def geospatial_attrs(grid: GeolocationGrid, azimuth_time: TimeArray, slant_range_time: FloatArray) -> dict[str, Any]:
    """Return ACDD's geospatial attributes.

    Parameters
    ----------
    grid : GeolocationGrid
        Tie points.
    azimuth_time, slant_range_time : array
        Axes of the image; their extremes are its corners. Beyond the grid, positions are extrapolated.

    Returns
    -------
    dict
        ``geospatial_bounds``, a counter-clockwise WKT polygon in longitude and latitude, and its extremes.
    """
    lines = _seconds(np.array([azimuth_time.min(), azimuth_time.max()]), grid.azimuth_time[0])
    samples = np.array([slant_range_time.min(), slant_range_time.max()])
    rows = _seconds(grid.azimuth_time, grid.azimuth_time[0])
    latitude, longitude = (
        _bilinear(grid.values[name], rows, grid.slant_range_time, lines, samples) for name in ("latitude", "longitude")
    )
    ring = [(float(longitude[j, i]), float(latitude[j, i])) for j, i in ((0, 0), (1, 0), (1, 1), (0, 1))]
    if _area(ring) < 0:
        ring.reverse()
    ring.append(ring[0])
    return {
        "geospatial_bounds": "POLYGON((" + ",".join(f"{lon} {lat}" for lon, lat in ring) + "))",
        "geospatial_lat_min": min(lat for _, lat in ring),
        "geospatial_lat_max": max(lat for _, lat in ring),
        "geospatial_lon_min": min(lon for lon, _ in ring),
        "geospatial_lon_max": max(lon for lon, _ in ring),
    }


def _seconds(times: TimeArray, origin: np.datetime64) -> FloatArray:
    return np.asarray((times - origin) / np.timedelta64(1, "s"))


def _bilinear(
    values: FloatArray, rows: FloatArray, columns: FloatArray, at_rows: FloatArray, at_columns: FloatArray
) -> FloatArray:
    """Interpolate on a grid, linearly in both axes, and go on in the direction of the outermost cell beyond it."""
    along = np.stack([_linear(columns, row, at_columns) for row in values])
    return np.stack([_linear(rows, column, at_rows) for column in along.T], axis=1)


def _linear(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    if x.size == 1:
        return np.full(at.shape, y[0])
    cell = np.clip(np.searchsorted(x, at) - 1, 0, x.size - 2)
    return np.asarray(y[cell] + (y[cell + 1] - y[cell]) * (at - x[cell]) / (x[cell + 1] - x[cell]))


def _area(ring: list[tuple[float, float]]) -> float:
    """Twice the signed area: positive if counter-clockwise."""
    following = ring[1:] + ring[:1]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, following, strict=True))
