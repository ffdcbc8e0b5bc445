"""Geolocation grid, and conversion between slant and ground range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.doppler import PolynomialAxes
from phistac.safe.sentinel1.values import (
    FloatArray,
    IntArray,
    Records,
    TimeArray,
    column,
    degrees,
    integers,
    polynomials,
    records,
    times,
)

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = [
    "GRID_VALUES",
    "CoordinateConversion",
    "GeolocationGrid",
    "conversion_axes",
    "coordinate_conversion",
    "geolocation",
]

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
    lines, pixels = (integers(found, name) for name in ("line", "pixel"))
    line, first_of_line, at_line = np.unique(lines, return_index=True, return_inverse=True)
    pixel, first_of_pixel, at_pixel = np.unique(pixels, return_index=True, return_inverse=True)
    if (
        not found.size
        or line.size * pixel.size != found.size
        or np.unique(at_line * pixel.size + at_pixel).size != found.size
    ):
        raise FormatError(f"{found.size} tie points do not fill a grid of {line.size} lines and {pixel.size} pixels")
    values: dict[str, FloatArray] = {}
    for name in GRID_VALUES:
        values[name] = np.empty((line.size, pixel.size))
        values[name][at_line, at_pixel] = column(found, name)
    moments, delays = times(found, "azimuthTime"), column(found, "slantRangeTime")
    return GeolocationGrid(line, pixel, moments[first_of_line], delays[first_of_pixel], values)


def conversion_axes(root: Element) -> PolynomialAxes:
    """Read the axes of the conversion between slant and ground range; raises FormatError where there is none (SLC)."""
    found = _conversions(root)
    longest = max(degrees(found, "srgrCoefficients"), degrees(found, "grsrCoefficients"))
    return PolynomialAxes(times(found, "azimuthTime"), longest)


def coordinate_conversion(root: Element) -> CoordinateConversion:
    """Read the conversion between slant and ground range; raises FormatError where there is none (SLC)."""
    found = _conversions(root)
    return CoordinateConversion(
        times(found, "azimuthTime"),
        column(found, "slantRangeTime"),
        column(found, "gr0"),
        column(found, "sr0"),
        polynomials(found, "srgrCoefficients"),
        polynomials(found, "grsrCoefficients"),
    )


def _conversions(root: Element) -> Records:
    found = records(root, "coordinateConversion/coordinateConversionList/coordinateConversion")
    if not found.size:
        raise FormatError("the annotation has no coordinate conversion", remedy="Only GRD products have one.")
    return found
