"""Geolocation grid, and conversion between slant and ground range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import FloatArray, IntArray, TimeArray, column, polynomials, records, times

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["GRID_VALUES", "CoordinateConversion", "GeolocationGrid", "coordinate_conversion", "geolocation"]

GRID_VALUES = ("latitude", "longitude", "height", "incidenceAngle", "elevationAngle")


@dataclass(frozen=True, slots=True, eq=False)
class GeolocationGrid:
    """Tie points on a grid of lines and pixels.

    Attributes
    ----------
    line, pixel : int64 array, shape (n_line,), (n_pixel,)
        Where the grid crosses the image.
    azimuth_time : datetime64[ns] array, shape (n_line,)
        UTC.
    slant_range_time : float64 array, shape (n_pixel,)
        In seconds.
    values : dict of str to float64 array, shape (n_line, n_pixel)
        ``latitude``, ``longitude``, ``incidenceAngle``, ``elevationAngle`` in degrees, ``height`` in meters.
    """

    line: IntArray
    pixel: IntArray
    azimuth_time: TimeArray
    slant_range_time: FloatArray
    values: dict[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class CoordinateConversion:
    """Polynomials between slant and ground range, in meters, at some azimuth times (GRD only)."""

    azimuth_time: TimeArray
    slant_range_time: FloatArray
    gr0: FloatArray
    sr0: FloatArray
    srgr: FloatArray
    grsr: FloatArray


def geolocation(root: Element) -> GeolocationGrid:
    """Read the geolocation grid from a parsed annotation.

    Raises
    ------
    FormatError
        If the points do not fill a grid.
    """
    found = records(root, "geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    lines, pixels = (column(found, name).astype(np.int64) for name in ("line", "pixel"))
    line, first_of_line, at_line = np.unique(lines, return_index=True, return_inverse=True)
    pixel, first_of_pixel, at_pixel = np.unique(pixels, return_index=True, return_inverse=True)
    if (
        not found
        or line.size * pixel.size != len(found)
        or np.unique(at_line * pixel.size + at_pixel).size != len(found)
    ):
        raise FormatError(f"{len(found)} tie points do not fill a grid of {line.size} lines and {pixel.size} pixels")
    values: dict[str, FloatArray] = {}
    for name in GRID_VALUES:
        values[name] = np.empty((line.size, pixel.size))
        values[name][at_line, at_pixel] = column(found, name)
    moments, delays = times(found, "azimuthTime"), column(found, "slantRangeTime")
    return GeolocationGrid(line, pixel, moments[first_of_line], delays[first_of_pixel], values)


def coordinate_conversion(root: Element) -> CoordinateConversion:
    """Read the conversion between slant and ground range; raises FormatError where there is none (SLC)."""
    found = records(root, "coordinateConversion/coordinateConversionList/coordinateConversion")
    if not found:
        raise FormatError("the annotation has no coordinate conversion", remedy="Only GRD products have one.")
    return CoordinateConversion(
        times(found, "azimuthTime"),
        column(found, "slantRangeTime"),
        column(found, "gr0"),
        column(found, "sr0"),
        polynomials(found, "srgrCoefficients"),
        polynomials(found, "grsrCoefficients"),
    )
