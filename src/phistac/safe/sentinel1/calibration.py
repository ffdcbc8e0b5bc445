"""Radiometric calibration tables, and what they have in common with those of noise: a grid of lines and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import (
    FloatArray,
    IntArray,
    Records,
    TimeArray,
    first_row,
    integers,
    number,
    records,
    rows,
    table,
    times,
)

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = [
    "CALIBRATION_TABLES",
    "Calibration",
    "TableGrid",
    "calibration",
    "calibration_constant",
    "calibration_grid",
    "common_pixels",
    "table_grid",
]

CALIBRATION_TABLES = ("sigmaNought", "betaNought", "gamma", "dn")


@dataclass(frozen=True, slots=True, eq=False)
class TableGrid:
    """Where tables are given: what is known before they are read.

    Attributes
    ----------
    azimuth_time : datetime64[ns] array, shape (n_line,)
        UTC.
    line, pixel : int64 array, shape (n_line,), (n_pixel,)
        Lines may lie outside the image. Whether all lines have the same pixels is checked with the tables.
    """

    azimuth_time: TimeArray
    line: IntArray
    pixel: IntArray


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
    found, grid = _vectors(root), calibration_grid(root)
    pixel = common_pixels(found)
    tables = {name: table(found, name, np.float32, width=pixel.size) for name in CALIBRATION_TABLES}
    return Calibration(grid.azimuth_time, grid.line, pixel, tables, calibration_constant(root))


def calibration_grid(root: Element) -> TableGrid:
    """Read where a parsed calibration file gives its tables; raises FormatError if something is missing."""
    return table_grid(_vectors(root))


def calibration_constant(root: Element) -> float:
    """Read the absolute calibration constant of a parsed calibration file; raises FormatError if it is missing."""
    return number(root, "calibrationInformation/absoluteCalibrationConstant")


def table_grid(vectors: Records) -> TableGrid:
    """Return times, lines and, from the first of them, the pixels of vectors; raises FormatError if there are none."""
    return TableGrid(times(vectors, "azimuthTime"), integers(vectors, "line"), first_row(vectors, "pixel", np.int64))


def common_pixels(vectors: Records) -> IntArray:
    """Return the pixels at which every vector is given; raises FormatError if there is no vector or they differ."""
    found = rows(vectors, "pixel", np.int64)
    if not found:
        raise FormatError("the file has no vectors")
    if any(not np.array_equal(pixels, found[0]) for pixels in found):
        raise FormatError("the vectors are not given at the same pixels")
    return found[0]


def _vectors(root: Element) -> Records:
    return records(root, "calibrationVectorList/calibrationVector")
