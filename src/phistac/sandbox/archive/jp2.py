"""Sentinel-2 images: JPEG 2000 of the real size (10,980 pixels at 10 m), a few kilobytes each.

An image is put together from tiles that were compressed once and are used again: lossless 5-3 wavelet, five
resolutions, one quality layer, LRCP, one tile-part per tile, in order, 15 or 8 bits, behind the boxes that real files
have (``jP``, ``ftyp``, ``jp2h``, ``asoc`` with GMLJP2, ``jp2c``). So sizes, tiling and georeferencing are real;
pixels are flat tiles and ramps. Unlike real files: tiles are 1,024 pixels at every resolution (a compressed tile can
only move by whole code blocks, 64 pixels at the lowest resolution), no precincts and no PLT markers. A TLM marker
(baseline 05.12 has one, earlier ones do not) is written when asked for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TILE", "Fill", "Raster", "encode"]

TILE = 1024
"""Pixels of one tile; edge tiles are smaller."""

_SOT, _SOC, _SIZ, _TLM = 0xFF90, b"\xff\x4f", 0xFF51, 0xFF55


@dataclass(frozen=True, slots=True)
class Fill:
    """What a tile shows: one level, or a ramp that begins at it."""

    level: int
    ramp: bool = False


@dataclass(frozen=True, slots=True)
class Raster:
    """A square image on the ground."""

    size: int
    """Pixels per side."""
    bits: int
    bands: int
    epsg: int
    left: float
    """Easting of the left edge."""
    top: float
    """Northing of the upper edge."""
    pixel: float
    """Meters per pixel."""


@lru_cache(maxsize=4096)
def _tile(rows: int, columns: int, fill: Fill, bits: int, bands: int) -> tuple[bytes, bytes]:
    """Return the main header (after SIZ) and the body (after SOT) of one compressed tile."""
    image = np.full((rows, columns), fill.level, np.uint8 if bits == 8 else np.uint16)
    if fill.ramp:
        y, x = np.ogrid[0:rows, 0:columns]
        image = ((fill.level + x + y) % (250 if bits == 8 else 16_000)).astype(image.dtype)
    if bands > 1:
        image = np.stack([image] * bands, axis=-1)
    stream = imagecodecs.jpeg2k_encode(
        image, level=0, codecformat="j2k", reversible=True, resolutions=5, bitspersample=bits, mct=False
    )
    start = stream.index(struct.pack(">HH", _SOT, 10))
    siz_end = 4 + struct.unpack_from(">H", stream, 4)[0]
    return bytes(stream[siz_end:start]), bytes(stream[start + 12 : -2])


def _siz(raster: Raster) -> bytes:
    fields = struct.pack(">HIIIIIIIIH", 0, *[raster.size] * 2, 0, 0, TILE, TILE, 0, 0, raster.bands)
    fields += struct.pack("BBB", raster.bits - 1, 1, 1) * raster.bands
    return struct.pack(">HH", _SIZ, len(fields) + 2) + fields


def encode(raster: Raster, fill: Callable[[int, int], Fill], *, tlm: bool = False) -> bytes:
    """Return a JP2 file.

    Parameters
    ----------
    raster : Raster
        Size, depth and place of the image.
    fill : callable
        Row and column of a tile in, what it shows out.
    tlm : bool
        With the marker that tells the length of every tile-part.
    """
    count = -(-raster.size // TILE)
    sides = [min(TILE, raster.size - TILE * n) for n in range(count)]
    parts, header = [], b""
    for index in range(count * count):
        row, column = divmod(index, count)
        header, body = _tile(sides[row], sides[column], fill(row, column), raster.bits, raster.bands)
        parts.append(struct.pack(">HHHIBB", _SOT, 10, index, len(body) + 12, 0, 1) + body)
    marker = b""
    if tlm:
        lengths = b"".join(struct.pack(">HI", n, len(part)) for n, part in enumerate(parts))
        marker = struct.pack(">HHBB", _TLM, len(lengths) + 4, 0, 0x60) + lengths
    stream = _SOC + _siz(raster) + header + marker + b"".join(parts) + b"\xff\xd9"
    return _boxes(raster) + _box(b"jp2c", stream)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _boxes(raster: Raster) -> bytes:
    size = struct.pack(">IIHBBBB", raster.size, raster.size, raster.bands, raster.bits - 1, 7, 1, 0)
    color = struct.pack(">BBBI", 1, 0, 0, 16 if raster.bands == 3 else 17)
    label = _box(b"lbl ", b"gml.data")
    root = _box(b"asoc", _box(b"lbl ", b"gml.root-instance") + _box(b"xml ", _gml(raster)))
    return (
        _box(b"jP  ", b"\r\n\x87\n")
        + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
        + _box(b"jp2h", _box(b"ihdr", size) + _box(b"colr", color))
        + _box(b"asoc", label + root)
    )


def _gml(raster: Raster) -> bytes:
    crs, half = f"urn:ogc:def:crs:EPSG::{raster.epsg}", raster.pixel / 2
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">
  <gml:boundedBy><gml:Null>withheld</gml:Null></gml:boundedBy>
  <gml:featureMember><gml:FeatureCollection><gml:featureMember>
    <gml:RectifiedGridCoverage dimension="2" gml:id="RGC0001">
      <gml:rectifiedGridDomain>
        <gml:RectifiedGrid dimension="2">
          <gml:limits><gml:GridEnvelope>
            <gml:low>1 1</gml:low><gml:high>{raster.size} {raster.size}</gml:high>
          </gml:GridEnvelope></gml:limits>
          <gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName>
          <gml:origin><gml:Point gml:id="P0001" srsName="{crs}">
            <gml:pos>{raster.left + half:.0f} {raster.top - half:.0f}</gml:pos>
          </gml:Point></gml:origin>
          <gml:offsetVector srsName="{crs}">{raster.pixel:.0f} 0</gml:offsetVector>
          <gml:offsetVector srsName="{crs}">0 -{raster.pixel:.0f}</gml:offsetVector>
        </gml:RectifiedGrid>
      </gml:rectifiedGridDomain>
      <gml:rangeSet><gml:File><gml:fileName>gmljp2://codestream/0</gml:fileName></gml:File></gml:rangeSet>
    </gml:RectifiedGridCoverage>
  </gml:featureMember></gml:FeatureCollection></gml:featureMember>
</gml:FeatureCollection>
"""
    return text.encode()
