"""Antenna pattern: where the beam looked, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import FloatArray, Records, TimeArray, column, first_row, records, rows, table, times

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["AntennaPattern", "antenna_axes", "antenna_pattern"]


@dataclass(frozen=True, slots=True, eq=False)
class AntennaPattern:
    """Angles of the antenna pattern on a grid.

    Attributes
    ----------
    azimuth_time : datetime64[ns] array, shape (n_line,)
        UTC.
    slant_range_time : float64 array, shape (n_sample,)
        Two-way, in seconds.
    elevation_angle, incidence_angle : float32 array, shape (n_line, n_sample)
        In degrees.
    terrain_height : float64 array, shape (n_line,)
        Average, in meters.
    roll : float64 array, shape (n_line,)
        Of the antenna, in degrees.
    """

    azimuth_time: TimeArray
    slant_range_time: FloatArray
    elevation_angle: FloatArray
    incidence_angle: FloatArray
    terrain_height: FloatArray
    roll: FloatArray


def antenna_axes(root: Element) -> tuple[TimeArray, FloatArray]:
    """Read azimuth and slant range times from a parsed annotation; raises FormatError if there is no pattern."""
    found = _patterns(root)
    return times(found, "azimuthTime"), first_row(found, "slantRangeTime", np.float64)


def antenna_pattern(root: Element) -> AntennaPattern:
    """Read the angles from a parsed annotation; raises FormatError if something is missing or no grid (GRD)."""
    found, (azimuth_time, slant_range_time) = _patterns(root), antenna_axes(root)
    if any(not np.array_equal(row, slant_range_time) for row in rows(found, "slantRangeTime", np.float64)):
        raise FormatError("the antenna patterns are not given at the same slant range times")
    elevation, incidence = (
        table(found, name, np.float32, width=slant_range_time.size) for name in ("elevationAngle", "incidenceAngle")
    )
    return AntennaPattern(
        azimuth_time, slant_range_time, elevation, incidence, column(found, "terrainHeight"), column(found, "roll")
    )


def _patterns(root: Element) -> Records:
    return records(root, "antennaPattern/antennaPatternList/antennaPattern")
