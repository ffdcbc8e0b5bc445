"""Radiometric calibration tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import FloatArray, IntArray, TimeArray, column, number, records, rows, times

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["CALIBRATION_TABLES", "Calibration", "calibration", "common_pixels"]

CALIBRATION_TABLES = ("sigmaNought", "betaNought", "gamma", "dn")


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Calibration look-up tables on a coarse grid.

    Attributes
    ----------
    azimuth_time : datetime64[ns] array, shape (n_line,)
        UTC.
    line, pixel : int64 array, shape (n_line,), (n_pixel,)
        Where the tables are given; lines may lie outside the image.
    tables : dict of str to float32 array, shape (n_line, n_pixel)
        ``sigmaNought``, ``betaNought``, ``gamma``, ``dn``.
    constant : float
        ``absoluteCalibrationConstant``.
    """

    azimuth_time: TimeArray
    line: IntArray
    pixel: IntArray
    tables: dict[str, FloatArray]
    constant: float


def calibration(root: Element) -> Calibration:
    """Read a parsed calibration file; raises FormatError if something is missing or the grid is not regular."""
    found = records(root, "calibrationVectorList/calibrationVector")
    pixel = common_pixels(found)
    tables = {}
    for name in CALIBRATION_TABLES:
        values = rows(found, name, np.float32)
        if any(row.size != pixel.size for row in values):
            raise FormatError(f"<{name}> has another number of values than <pixel>")
        tables[name] = np.array(values, dtype=np.float32)
    return Calibration(
        times(found, "azimuthTime"),
        column(found, "line").astype(np.int64),
        pixel,
        tables,
        number(root, "calibrationInformation/absoluteCalibrationConstant"),
    )


def common_pixels(vectors: list[Element]) -> IntArray:
    """Return the pixels at which every vector is given; raises FormatError if there is no vector or they differ."""
    found = rows(vectors, "pixel", np.int64)
    if not found:
        raise FormatError("the file has no vectors")
    if any(not np.array_equal(pixels, found[0]) for pixels in found):
        raise FormatError("the vectors are not given at the same pixels")
    return found[0].astype(np.int64)
