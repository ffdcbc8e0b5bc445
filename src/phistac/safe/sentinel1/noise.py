"""Thermal noise tables: range and azimuth (IPF 2.90 and later), or the single list of older products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.calibration import common_pixels
from phistac.safe.sentinel1.values import FloatArray, IntArray, TimeArray, column, records, rows, times
from phistac.safe.xml import int_text, text

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["AzimuthNoise", "Noise", "noise"]


@dataclass(frozen=True, slots=True, eq=False)
class AzimuthNoise:
    """Azimuth noise of one block of the image.

    Attributes
    ----------
    swath : str
        Such as ``IW1``.
    window : tuple of int
        First line, last line, first sample and last sample it holds for, inclusive.
    line : int64 array, shape (n,)
        Where the table is given.
    lut : float32 array, shape (n,)
        Factor on the range noise.
    """

    swath: str
    window: tuple[int, int, int, int]
    line: IntArray
    lut: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Noise vectors of one image.

    Attributes
    ----------
    azimuth_time : datetime64[ns] array, shape (n_line,)
        UTC.
    line, pixel : int64 array, shape (n_line,), (n_pixel,)
        Where the range noise is given.
    range_lut : float32 array, shape (n_line, n_pixel)
        Range noise power.
    azimuth : tuple of AzimuthNoise
        Empty in products before IPF 2.90.
    """

    azimuth_time: TimeArray
    line: IntArray
    pixel: IntArray
    range_lut: FloatArray
    azimuth: tuple[AzimuthNoise, ...]


def noise(root: Element) -> Noise:
    """Read a parsed noise file.

    Raises
    ------
    FormatError
        If something is missing, or the range vectors are not given at the same pixels.
    """
    found, name = records(root, "noiseRangeVectorList/noiseRangeVector"), "noiseRangeLut"
    if not found:
        found, name = records(root, "noiseVectorList/noiseVector"), "noiseLut"  # IPF before 2.90
    pixel = common_pixels(found)
    lut = rows(found, name, np.float32)
    if any(row.size != pixel.size for row in lut):
        raise FormatError(f"<{name}> has another number of values than <pixel>")
    blocks = records(root, "noiseAzimuthVectorList/noiseAzimuthVector")
    return Noise(
        times(found, "azimuthTime"),
        column(found, "line").astype(np.int64),
        pixel,
        np.array(lut, dtype=np.float32),
        tuple(_azimuth(element) for element in blocks),
    )


def _azimuth(element: Element) -> AzimuthNoise:
    line, lut = rows([element], "line", np.int64)[0], rows([element], "noiseAzimuthLut", np.float32)[0]
    if line.size != lut.size:
        raise FormatError("<noiseAzimuthLut> has another number of values than <line>")
    edges = [
        int_text(element, name)
        for name in ("firstAzimuthLine", "lastAzimuthLine", "firstRangeSample", "lastRangeSample")
    ]
    return AzimuthNoise(
        text(element, "swath"), (edges[0], edges[1], edges[2], edges[3]), line.astype(np.int64), lut.astype(np.float32)
    )
