"""The grid of a Sentinel-2 tile, from its name alone: reference system, size and corner of its images.

A tile is called after the 100 km square of the Military Grid Reference System that it covers. Its images begin at the
square's upper left corner, pushed outwards to the next multiple of 60 m (counted from the equator), so that pixels of
10, 20 and 60 m share it, and are 109.8 km on a side.

How letters become numbers: DMA Technical Manual 8358.1, chapter 3 (columns repeat every three zones, rows every
2,000 km and shifted by five letters in even zones).
"""

from __future__ import annotations

import math
import re
from typing import Any

from phistac.errors import QueryError

__all__ = ["tile_of", "tile_projection"]

_TILE = re.compile(r"([1-9]|[0-5]\d|60)([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])")
_NAMED = re.compile(r"_T(\d\d[C-X][A-Z]{2})_")
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_SQUARE_M, _CYCLE_M = 100_000, 2_000_000
_FALSE_NORTHING_M = 10_000_000
_DEGREE_M = 111_088.0
"""Meters of northing for a degree, on average; good to 20 km anywhere, where 500 would do."""
_SIDE_M, _STEP_M = 109_800, 60


def tile_of(name: str) -> str | None:
    """Return the tile that a product's name has, or ``None``.

    Examples
    --------
    >>> tile_of("S2A_MSIL2A_20200703T103031_N0500_R108_T32TNT_20230613T212700.SAFE")
    '32TNT'
    """
    found = _NAMED.search(name)
    return found[1] if found else None


def tile_projection(tile: str, pixel_m: int) -> dict[str, Any]:
    """Return the fields of the projection extension for an image of a tile.

    Parameters
    ----------
    tile : str
        Such as ``32TNT``.
    pixel_m : int
        Size of a pixel in meters: 10, 20 or 60.

    Returns
    -------
    dict
        ``proj:code``, ``proj:shape`` (rows, columns), ``proj:transform`` (six numbers, row by row) and ``proj:bbox``
        (west, south, east, north in meters).

    Raises
    ------
    QueryError
        If there is no such tile.

    Examples
    --------
    >>> tile_projection("32TNT", 10)["proj:transform"]
    [10, 0, 499980, 0, -10, 5300040]
    """
    zone, left, top, south = _corner(tile)
    count = _SIDE_M // pixel_m
    return {
        "proj:code": f"EPSG:{327 if south else 326}{zone:02d}",
        "proj:shape": [count, count],
        "proj:transform": [pixel_m, 0, left, 0, -pixel_m, top],
        "proj:bbox": [left, top - _SIDE_M, left + _SIDE_M, top],
    }


def _corner(tile: str) -> tuple[int, int, int, bool]:
    """Return zone, left and upper edge in meters, and whether the tile is counted from the south."""
    match = _TILE.fullmatch(tile)
    if match is None or match[3] not in _COLUMNS[(int(match[1]) - 1) % 3]:
        raise QueryError(f"{tile!r} is not a tile", remedy="A tile is called like 32TNT.")
    zone, band = int(match[1]), _BANDS.index(match[2])
    easting = (_COLUMNS[(zone - 1) % 3].index(match[3]) + 1) * _SQUARE_M
    row = (_ROWS.index(match[4]) - (0 if zone % 2 else 5)) % len(_ROWS)
    middle = -76 + 8 * band + (2 if match[2] == "X" else 0)  # degrees; the last band has twelve
    # Northings of a letter repeat every 2,000 km; a band is 900 km high. From the equator, south of it negative.
    cycles = round((middle * _DEGREE_M - (row + 0.5) * _SQUARE_M) / _CYCLE_M)
    northing = row * _SQUARE_M + cycles * _CYCLE_M
    south = match[2] < "N"
    top = math.ceil((northing + _SQUARE_M) / _STEP_M) * _STEP_M
    return zone, easting // _STEP_M * _STEP_M, top + (_FALSE_NORTHING_M if south else 0), south
