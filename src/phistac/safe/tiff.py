"""Where the pixels of a measurement TIFF lie, from the file's own directory.

ESA writes Sentinel-1 measurements as classic TIFFs of uncompressed strips, whose live directory stands at the end of
the file, behind the pixels. This reader knows that much and refuses the rest by name: it does not replace a TIFF
library, it finds byte offsets in two small reads. Structure: TIFF revision 6.0, section 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange, Indexer
from phistac.safe.raster import PIXELS, Raster, Run

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["TiffImage", "index_tiff"]

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _STRIP_OFFSETS = 256, 257, 258, 259, 273
_SAMPLES_PER_PIXEL, _ROWS_PER_STRIP, _STRIP_SIZES, _TILE_WIDTH, _SAMPLE_FORMAT = 277, 278, 279, 322, 339
_WANTED = (
    _WIDTH, _LENGTH, _BITS, _COMPRESSION, _STRIP_OFFSETS, _SAMPLES_PER_PIXEL, _ROWS_PER_STRIP, _STRIP_SIZES,
    _TILE_WIDTH, _SAMPLE_FORMAT,
)  # fmt: skip
_TYPES = {3: "H", 4: "I"}  # SHORT and LONG: all that the wanted tags may be
_COMPRESSIONS = {5: "LZW", 8: "DEFLATE", 32773: "PackBits", 32946: "DEFLATE", 34925: "LZMA", 50000: "ZSTD"}
# (bits per sample, sample format) -> pixel
_PIXELS = {
    (8, 1): "uint8",
    (16, 1): "uint16",
    (16, 2): "int16",
    (32, 3): "float32",
    (32, 5): "cint16",
    (64, 6): "complex64",
}
_TAIL_SPARE = 64 * 1024
"""Bytes of a live directory beyond its two strip arrays: tie points (48 bytes each, up to 945) and short tags."""


def index_tiff(path: str, *, size: int, shape: tuple[int, int], pixel: str) -> Indexer[Raster]:
    """Find the strips of a TIFF.

    Parameters
    ----------
    path : str
        Relative to the product's root.
    size : int
        Bytes of the file, as the manifest states.
    shape : tuple of int
        Lines and samples, as the annotation states: a file with another shape is another file.
    pixel : str
        Likewise; a key of :data:`phistac.safe.raster.PIXELS`.

    Yields
    ------
    list of ByteRange
        At first the 8 bytes of the header and the end of the file, where ESA's directory is; then, rarely, more.

    Returns
    -------
    Raster
        Where every row lies.

    Raises
    ------
    FormatError
        If it is no classic TIFF, is tiled or compressed, has another shape or other pixels, or points out of itself.
    """
    reader = _Reader(path, size)
    yield from reader.load([(0, 8), (max(8, size - 8 * shape[0] - _TAIL_SPARE), size)])
    order, offset = _header(path, reader.found(0, 8))
    tags = yield from _directory(reader, order, offset)
    _check(path, tags, shape, pixel)
    return Raster(path, shape, pixel, _strips(path, tags, shape, pixel), size, order)


@dataclass(frozen=True, slots=True)
class TiffImage:
    """An image whose directory has not been read yet: what manifest and annotation say about it."""

    path: str
    size: int
    shape: tuple[int, int]
    pixel: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type that pixels become."""
        return PIXELS[self.pixel][2]

    def index(self) -> Indexer[Raster]:
        """Find the strips; see :func:`index_tiff`."""
        return index_tiff(self.path, size=self.size, shape=self.shape, pixel=self.pixel)


_REMEDY = "Only ESA's uncompressed strips are read so far; for COGs and copies that were repacked, use GDAL."


class _Reader:
    """Bytes of the file that are here already, and the way to ask for more."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, size
        self.known: list[tuple[int, bytes]] = []

    def load(self, spans: Sequence[tuple[int, int]]) -> Generator[Sequence[ByteRange], Sequence[bytes], None]:
        if any(stop > self.size for _, stop in spans):
            raise FormatError(f"{self.path} is cut off: its directory points behind its {self.size} bytes")
        parts = yield [ByteRange(self.path, start, stop) for start, stop in spans]
        self.known.extend((start, part) for (start, _), part in zip(spans, parts, strict=True))

    def found(self, start: int, stop: int) -> bytes | None:
        for origin, data in self.known:
            if origin <= start and stop <= origin + len(data):
                return data[start - origin : stop - origin]
        return None

    def get(self, start: int, stop: int) -> Generator[Sequence[ByteRange], Sequence[bytes], bytes]:
        if (found := self.found(start, stop)) is None:
            yield from self.load([(start, stop)])
            found = self.found(start, stop)
        if found is None or len(found) != stop - start:
            raise FormatError(f"{self.path}: bytes {start} to {stop} did not come whole")
        return found


@dataclass(frozen=True, slots=True)
class _Tag:
    count: int
    values: np.ndarray[tuple[int], np.dtype[np.int64]]


def _header(path: str, head: bytes | None) -> tuple[str, int]:
    order = {b"II": "<", b"MM": ">"}.get((head or b"")[:2], "")
    if not head or not order:
        raise FormatError(f"{path} is not a TIFF")
    magic, offset = struct.unpack(order + "HI", head[2:8])
    if magic == 43:  # noqa: PLR2004 - BigTIFF's magic number
        raise FormatError(
            f"{path} is a BigTIFF", remedy="No Sentinel-1 measurement of ESA's is one; open it with GDAL."
        )
    if magic != 42:  # noqa: PLR2004 - TIFF's magic number
        raise FormatError(f"{path} is not a TIFF")
    return order, offset


def _directory(
    reader: _Reader, order: str, offset: int
) -> Generator[Sequence[ByteRange], Sequence[bytes], dict[int, _Tag]]:
    if not 8 <= offset < reader.size - 2:  # noqa: PLR2004 - the header's length
        raise FormatError(f"{reader.path}: its directory would be at byte {offset} of {reader.size}")
    (entries,) = struct.unpack(order + "H", (yield from reader.get(offset, offset + 2)))
    table = yield from reader.get(offset + 2, offset + 2 + 12 * entries)
    tags: dict[int, _Tag] = {}
    for number, kind, count, inline in struct.iter_unpack(order + "HHI4s", table):
        if number not in _WANTED:
            continue
        if kind not in _TYPES or not 1 <= count <= reader.size // 2 or number in tags:
            raise FormatError(f"{reader.path}: tag {number} is malformed")
        code = np.dtype(order + _TYPES[kind])
        nbytes = count * code.itemsize
        if nbytes <= len(inline):
            data = inline[:nbytes]
        else:
            (start,) = struct.unpack(order + "I", inline)
            data = yield from reader.get(start, start + nbytes)
        tags[number] = _Tag(count, np.frombuffer(data, code).astype(np.int64))
    return tags


def _one(path: str, tags: dict[int, _Tag], number: int, default: int | None = None) -> int:
    tag = tags.get(number)
    if tag is None and default is not None:
        return default
    if tag is None or tag.count != 1:
        raise FormatError(f"{path}: tag {number} is missing or has more than one value")
    return int(tag.values[0])


def _check(path: str, tags: dict[int, _Tag], shape: tuple[int, int], pixel: str) -> None:
    """Refuse by name what this reader does not know, and what is not what the annotation describes."""
    if _TILE_WIDTH in tags:
        raise FormatError(f"{path} is tiled", remedy=_REMEDY)
    compression = _one(path, tags, _COMPRESSION, 1)
    if compression != 1:
        raise FormatError(f"{path} is compressed ({_COMPRESSIONS.get(compression, compression)})", remedy=_REMEDY)
    if _one(path, tags, _SAMPLES_PER_PIXEL, 1) != 1:
        raise FormatError(f"{path} has more than one band", remedy=_REMEDY)
    stated = _PIXELS.get((_one(path, tags, _BITS, 1), _one(path, tags, _SAMPLE_FORMAT, 1)), "of unknown type")
    found = (_one(path, tags, _LENGTH), _one(path, tags, _WIDTH))
    if found != shape or stated != pixel:
        raise FormatError(
            f"{path} has {found[0]} x {found[1]} pixels {stated}, the annotation {shape[0]} x {shape[1]} {pixel}",
            remedy="The file does not belong to this product.",
        )


def _strips(path: str, tags: dict[int, _Tag], shape: tuple[int, int], pixel: str) -> tuple[Run, ...]:
    rows_per_strip = min(_one(path, tags, _ROWS_PER_STRIP, shape[0]), shape[0])
    if rows_per_strip < 1 or _STRIP_OFFSETS not in tags or _STRIP_SIZES not in tags:
        raise FormatError(f"{path} does not say where its strips are")
    offsets, sizes = tags[_STRIP_OFFSETS].values, tags[_STRIP_SIZES].values
    lines = np.arange(0, shape[0], rows_per_strip)
    code, numbers, _ = PIXELS[pixel]
    rows = np.minimum(rows_per_strip, shape[0] - lines)
    if not offsets.size == sizes.size == lines.size or not np.array_equal(
        sizes, rows * shape[1] * numbers * np.dtype(code).itemsize
    ):
        raise FormatError(f"{path}: its strips are not the size that its shape says")
    if bool((offsets[1:] != offsets[:-1] + sizes[:-1]).any()):
        # ESA's rows lie one behind the other. Whatever else this may be, a wrong offset would look the same.
        raise FormatError(f"{path}: its strips do not lie one behind the other", remedy=_REMEDY)
    return (Run(0, shape[0], int(offsets[0])),)
