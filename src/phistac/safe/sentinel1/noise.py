"""Thermal noise tables: range and azimuth (IPF 2.90 and later), or the single list of older products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.calibration import TableGrid, common_pixels, table_grid
from phistac.safe.sentinel1.values import FloatArray, IntArray, Records, TimeArray, integers, records, rows, table

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["AzimuthBlock", "AzimuthNoise", "Noise", "azimuth_blocks", "azimuth_noise", "noise", "noise_grid"]

_EDGES = ("firstAzimuthLine", "lastAzimuthLine", "firstRangeSample", "lastRangeSample")


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


@dataclass(frozen=True, slots=True, eq=False)
class AzimuthBlock:
    """Where the azimuth noise of one block of the image is given: attributes as in :class:`AzimuthNoise`."""

    swath: str
    window: tuple[int, int, int, int]
    line: IntArray


def noise(root: Element) -> Noise:
    """Read a parsed noise file.

    Raises
    ------
    FormatError
        If something is missing, or the range vectors are not given at the same pixels.
    """
    found, grid = _vectors(root), noise_grid(root)
    pixel = common_pixels(found)
    name = "noiseRangeLut" if found.name == "noiseRangeVector" else "noiseLut"
    lut = table(found, name, np.float32, width=pixel.size)
    return Noise(grid.azimuth_time, grid.line, pixel, lut, azimuth_noise(root))


def noise_grid(root: Element) -> TableGrid:
    """Read where a parsed noise file gives the range noise; raises FormatError if something is missing."""
    return table_grid(_vectors(root))


def azimuth_blocks(root: Element) -> tuple[AzimuthBlock, ...]:
    """Read where a parsed noise file gives the azimuth noise; raises FormatError if something is missing."""
    found = _blocks(root)
    swaths, lines = found.texts("swath"), rows(found, "line", np.int64)
    edges = np.stack([integers(found, name) for name in _EDGES], axis=1).tolist()
    return tuple(
        AzimuthBlock(swath, (first, last, left, right), line)
        for swath, (first, last, left, right), line in zip(swaths, edges, lines, strict=True)
    )


def azimuth_noise(root: Element) -> tuple[AzimuthNoise, ...]:
    """Read the azimuth noise of a parsed noise file; raises FormatError if something is missing."""
    blocks, tables = azimuth_blocks(root), rows(_blocks(root), "noiseAzimuthLut", np.float32)
    if any(block.line.size != lut.size for block, lut in zip(blocks, tables, strict=True)):
        raise FormatError("<noiseAzimuthLut> has another number of values than <line>")
    return tuple(
        AzimuthNoise(block.swath, block.window, block.line, lut) for block, lut in zip(blocks, tables, strict=True)
    )


def _vectors(root: Element) -> Records:
    """Return the range noise vectors; before IPF 2.90 there was but one list."""
    found = records(root, "noiseRangeVectorList/noiseRangeVector")
    return found if found.size else records(root, "noiseVectorList/noiseVector")


def _blocks(root: Element) -> Records:
    return records(root, "noiseAzimuthVectorList/noiseAzimuthVector")
