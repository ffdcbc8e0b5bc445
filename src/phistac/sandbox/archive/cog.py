"""Cloud-optimized GeoTIFFs of the ``_COG`` twins: tiles, deflated, with overviews, directories in front.

Every tile of the smallest overview comes first, as in a COG; ground control points are in the first directory only.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from phistac.sandbox.archive.tiff import GroundPoint

__all__ = ["write"]

_TILE = 256
_GEO_KEYS = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)


def write(path: Path, image: NDArray[np.uint16], points: list[GroundPoint]) -> None:
    """Write ``image`` of shape ``(lines, samples)`` with half-size overviews down to one tile."""
    levels = [image]
    while max(levels[-1].shape) > _TILE:
        levels.append(levels[-1][::2, ::2])
    tiles = [_tiles(level) for level in levels]
    tables = [
        _fields(level, len(tile), points if n == 0 else [])
        for n, (level, tile) in enumerate(zip(levels, tiles, strict=True))
    ]
    place = 8 + sum(_length(table) for table in tables)
    spans: dict[int, list[int]] = {}
    body = b""
    for index in reversed(range(len(levels))):
        spans[index] = []
        for tile in tiles[index]:
            spans[index].append(place + len(body))
            body += tile
    head, start = struct.pack("<2sHI", b"II", 42, 8), 8
    for index, table in enumerate(tables):
        following = start + _length(table) if index + 1 < len(tables) else 0
        values = {324: struct.pack(f"<{len(spans[index])}I", *spans[index])}
        values[325] = struct.pack(f"<{len(spans[index])}I", *map(len, tiles[index]))
        head += _directory(table | values, start, following)
        start += _length(table)
    path.write_bytes(head + body)


def _tiles(level: NDArray[np.uint16]) -> list[bytes]:
    rows, columns = (-(-n // _TILE) for n in level.shape)
    padded = np.zeros((rows * _TILE, columns * _TILE), "<u2")
    padded[: level.shape[0], : level.shape[1]] = level
    return [
        zlib.compress(padded[r : r + _TILE, c : c + _TILE].tobytes(), 6)
        for r in range(0, rows * _TILE, _TILE)
        for c in range(0, columns * _TILE, _TILE)
    ]


def _fields(level: NDArray[np.uint16], count: int, points: list[GroundPoint]) -> dict[int, bytes]:
    """Return tag -> value; the two tile arrays as place holders of the right length."""
    short = {258: 16, 259: 8, 262: 1, 277: 1, 284: 1, 322: _TILE, 323: _TILE, 339: 1}
    fields = {tag: struct.pack("<H", value) for tag, value in short.items()}
    fields |= {254: struct.pack("<I", not points), 256: struct.pack("<I", level.shape[1])}
    fields |= {257: struct.pack("<I", level.shape[0]), 324: bytes(4 * count), 325: bytes(4 * count)}
    if points:
        ties = [(p.pixel, p.line, 0.0, p.longitude, p.latitude, p.height) for p in points]
        fields |= {33922: np.array(ties, "<f8").tobytes(), 34735: struct.pack("<16H", *_GEO_KEYS)}
    return fields


_LONG_TAGS, _DOUBLE_TAGS = {254, 256, 257, 324, 325}, {33922}


def _kind(tag: int) -> tuple[int, int]:
    if tag in _DOUBLE_TAGS:
        return 12, 8
    return (4, 4) if tag in _LONG_TAGS else (3, 2)


def _length(fields: dict[int, bytes]) -> int:
    return 2 + 12 * len(fields) + 4 + sum(len(value) for value in fields.values() if len(value) > 4)


def _directory(fields: dict[int, bytes], start: int, following: int) -> bytes:
    entries, heap = b"", b""
    behind = start + 2 + 12 * len(fields) + 4
    for tag, value in sorted(fields.items()):
        kind, width = _kind(tag)
        inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", behind + len(heap))
        heap += value if len(value) > 4 else b""
        entries += struct.pack("<HHI4s", tag, kind, len(value) // width, inline)
    return struct.pack("<H", len(fields)) + entries + struct.pack("<I", following) + heap
