"""Measurement TIFFs in the layout that ESA's processor (IPF) gives them, byte for byte where that is known.

Known exactly, from annotations and manifests of real products (L lines, S samples, G grid points, b bytes per pixel):

=============  =====================  ==========================================================
processor      first pixel            size of the file
=============  =====================  ==========================================================
IPF >= 2.7x    ``8 L + 315``          SLC ``4 L S + 16 L + 48 G + 776``; GRD ``2 L S + 16 L + 48 G + 780``
IPF 2.36       ``8``                  SLC ``4 L S + 8 L + 48 G + 475``; GRD ``2 L S + 8 L + 48 G + 471``
=============  =====================  ==========================================================

So: one row per strip, no compression, the strip arrays twice (a dead directory in front, the live one behind the
pixels with the ground control points). What fills the few hundred bytes left over is not known; zeros do here. Files
are written sparse: lines that are never written are holes, read as zeros and cost no disk.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["GroundPoint", "Layout", "write"]

_SHORT, _LONG, _DOUBLE, _ASCII = 3, 4, 12, 2
_WIDTH = {_SHORT: 2, _LONG: 4, _DOUBLE: 8, _ASCII: 1}
_GEO_KEYS = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)  # geographic, pixel is area, WGS 84


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """One ground control point: pixel and line in the image; longitude, latitude and height on the ground."""

    pixel: float
    line: float
    longitude: float
    latitude: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies in one measurement TIFF.

    Examples
    --------
    >>> layout = Layout(lines=13518, samples=22612, points=210, complex_pixels=True)
    >>> layout.first_pixel, layout.size
    (108459, 1222903208)
    """

    lines: int
    samples: int
    points: int
    complex_pixels: bool
    old: bool = False
    """The layout of IPF 2.36 (2014): pixels right behind the header."""

    @property
    def pixel_bytes(self) -> int:
        """4 for complex int16, 2 for uint16."""
        return 4 if self.complex_pixels else 2

    @property
    def first_pixel(self) -> int:
        """Offset of the first pixel: ``byteOffset`` of the first burst."""
        return 8 if self.old else 8 * self.lines + 315

    @property
    def pixels_end(self) -> int:
        """Offset of the first byte behind the pixels."""
        return self.first_pixel + self.lines * self.row_bytes

    @property
    def row_bytes(self) -> int:
        """Bytes of one line, which is one strip."""
        return self.samples * self.pixel_bytes

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        if self.old:
            rest = 8 * self.lines + 48 * self.points + (475 if self.complex_pixels else 471)
        else:
            rest = 16 * self.lines + 48 * self.points + (776 if self.complex_pixels else 780)
        return self.lines * self.row_bytes + rest


def write(
    path: Path,
    layout: Layout,
    points: Iterable[GroundPoint],
    *,
    blocks: Iterable[tuple[int, NDArray[np.int16] | NDArray[np.uint16]]] = (),
    description: str,
    software: str,
    moment: str,
) -> None:
    """Write a measurement TIFF.

    Parameters
    ----------
    path : Path
        The file to make; its folder exists.
    layout : Layout
        Shape and kind of the pixels.
    points : iterable of GroundPoint
        As many as the layout says.
    blocks : iterable of (int, array)
        First line, and lines of pixels: int16 ``(lines, samples, 2)`` (real, imaginary) or uint16 ``(lines, samples)``.
        Lines that no block covers stay holes.
    description, software, moment : str
        ``ImageDescription``, ``Software`` and ``DateTime`` (``YYYY:MM:DD hh:mm:ss``).

    Raises
    ------
    FormatError
        If a block does not fit, or the directory does not fit into the room that real files leave for it.
    """
    texts = (description, software, moment)
    tail = layout.pixels_end + layout.pixels_end % 2  # a TIFF directory begins at an even offset
    with path.open("wb") as file:
        file.truncate(layout.size)
        file.write(struct.pack("<2sHI", b"II", 42, tail))
        if not layout.old:
            file.write(_directory(layout, (), texts, start=8, room=layout.first_pixel - 8))
        for line, block in blocks:
            data = np.ascontiguousarray(block).astype(block.dtype.newbyteorder("<"), copy=False)
            if data.nbytes != data.shape[0] * layout.row_bytes or line + data.shape[0] > layout.lines:
                raise FormatError(f"a block of shape {data.shape} at line {line} does not fit into {path.name}")
            file.seek(layout.first_pixel + line * layout.row_bytes)
            file.write(data.tobytes())
        file.seek(tail)
        file.write(_directory(layout, tuple(points), texts, start=tail, room=layout.size - tail))


def _directory(
    layout: Layout, points: tuple[GroundPoint, ...], texts: tuple[str, str, str], *, start: int, room: int
) -> bytes:
    """Return a directory and its values as they lie at ``start``, filled up to ``room`` bytes."""
    entries = _entries(layout, points, texts)
    head = 2 + 12 * len(entries) + 4
    directory, heap = struct.pack("<H", len(entries)), b""
    for tag, kind, count, data in entries:
        if len(data) <= 4:
            directory += struct.pack("<HHI4s", tag, kind, count, data.ljust(4, b"\0"))
            continue
        directory += struct.pack("<HHII", tag, kind, count, start + head + len(heap))
        heap += data
    whole = directory + b"\0\0\0\0" + heap
    if len(whole) > room:
        raise FormatError(f"a TIFF directory of {len(whole)} bytes does not fit into {room}")
    return whole.ljust(room, b"\0")


def _entries(
    layout: Layout, points: tuple[GroundPoint, ...], texts: tuple[str, str, str]
) -> list[tuple[int, int, int, bytes]]:
    offsets = layout.first_pixel + layout.row_bytes * np.arange(layout.lines, dtype=np.uint64)
    counts = np.full(layout.lines, layout.row_bytes, "<u4")
    fields: list[tuple[int, int, tuple[float, ...] | bytes]] = [
        (256, _LONG, (layout.samples,)),
        (257, _LONG, (layout.lines,)),
        (258, _SHORT, (8 * layout.pixel_bytes,)),
        (259, _SHORT, (1,)),  # no compression
        (262, _SHORT, (1,)),
        (273, _LONG, offsets.astype("<u4").tobytes()),
        (277, _SHORT, (1,)),
        (278, _SHORT, (1,)),  # one row per strip
        (279, _LONG, counts.tobytes()),
        (284, _SHORT, (1,)),
        (339, _SHORT, (5 if layout.complex_pixels else 1,)),  # complex integers, or unsigned ones
    ]
    if points:
        ties = np.array([(p.pixel, p.line, 0, p.longitude, p.latitude, p.height) for p in points], "<f8")
        fields += [(33922, _DOUBLE, ties.tobytes()), (34735, _SHORT, _GEO_KEYS)]
        fields += [
            (tag, _ASCII, text.encode("ascii") + b"\0") for tag, text in zip((270, 305, 306), texts, strict=True)
        ]
    return [_entry(*field) for field in sorted(fields, key=lambda field: field[0])]


def _entry(tag: int, kind: int, value: tuple[float, ...] | bytes) -> tuple[int, int, int, bytes]:
    data = value if isinstance(value, bytes) else struct.pack(f"<{len(value)}{'HI'[kind == _LONG]}", *map(int, value))
    return tag, kind, len(data) // _WIDTH[kind], data
