"""Where the pixels of a measurement TIFF lie, from the file's own directory.

ESA writes Sentinel-1 measurements as classic TIFFs of uncompressed strips, whose live directory stands at the end of
the file, behind the pixels: two small reads find them, and a window is then exactly its bytes. The cloud-optimized
twins (tiles, compressed, directory in front) and files that were repacked are read by blocks. Either way a file must be
the image that the annotation describes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from phistac.errors import FormatError
from phistac.safe.blocks import Blocks
from phistac.safe.codecs import COMPRESSIONS, Coding
from phistac.safe.raster import PIXELS, Raster, Run
from phistac.safe.tiffdirectory import Directory, TiffBytes, read_directory

if TYPE_CHECKING:
    from phistac.safe.byteranges import Indexer

__all__ = ["TiffImage", "TiffRaster", "index_tiff", "is_cog"]

TiffRaster: TypeAlias = "Raster | Blocks"

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _FILL_ORDER, _STRIP_OFFSETS = 256, 257, 258, 259, 266, 273
_SAMPLES_PER_PIXEL, _ROWS_PER_STRIP, _STRIP_SIZES, _PREDICTOR = 277, 278, 279, 317
_TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_SIZES, _SAMPLE_FORMAT = 322, 323, 324, 325, 339
_PREDICTORS = (1, 2)
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
_HEAD_SPARE = 16 * 1024
"""Bytes of the directories in front of a COG beyond their tile arrays."""
_LARGEST_BLOCK = 1 << 26
"""Bytes of one block, decoded: no product comes near it; a forged size must not become gigabytes of memory."""
_REMEDY = "Use GDAL for files that were repacked in ways that no product is."


def index_tiff(path: str, *, size: int, shape: tuple[int, int], pixel: str) -> Indexer[TiffRaster]:
    """Find the strips or tiles of a TIFF.

    Parameters
    ----------
    path : str
        Relative to the product's root.
    size : int
        Bytes of the file, as the manifest states.
    shape : tuple of int
        Lines and samples, as the annotation states: a file with another shape is another file.
    pixel : str
        Likewise; a key of :data:`phistac.safe.raster.PIXELS`. The file's pixels must become the same numpy type.

    Yields
    ------
    list of ByteRange
        At first the header and the end of the file, where ESA's directory is, or its front, where that of a COG is
        (named ``-cog.tiff``); then, rarely, more.

    Returns
    -------
    Raster or Blocks
        Where every row, or every block, lies.

    Raises
    ------
    FormatError
        If it is no TIFF, is coded in an unknown way, has another shape or other pixels, or points out of itself.
    """
    reader = TiffBytes(path, size)
    yield from reader.load(_first(path, size, shape))
    smallest = -(-shape[0] // 16) * -(-shape[1] // 16)  # a tile has at least 16 x 16 pixels
    directory = yield from read_directory(reader, most=max(shape[0], smallest, 256))
    stated = _check(directory, shape, pixel)
    if _TILE_WIDTH in directory.tags or _TILE_OFFSETS in directory.tags:
        return _tiles(directory, size, shape, stated)
    return _strips(directory, size, shape, stated)


@dataclass(frozen=True, slots=True)
class TiffImage:
    """An image whose directory has not been read yet: what manifest and annotation say about it.

    Attributes
    ----------
    path : str
        Relative to the product's root.
    size : int
        Bytes of the file.
    shape : tuple of int
        Lines and samples.
    pixel : str
        A key of :data:`phistac.safe.raster.PIXELS`.
    stated : int or None
        The size that the manifest states, if the file is known to have another.
    """

    path: str
    size: int
    shape: tuple[int, int]
    pixel: str
    stated: int | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type that pixels become."""
        return PIXELS[self.pixel][2]

    def index(self) -> Indexer[TiffRaster]:
        """Find the strips or tiles; see :func:`index_tiff`."""
        try:
            return (yield from index_tiff(self.path, size=self.size, shape=self.shape, pixel=self.pixel))
        except FormatError as error:
            if self.stated in (None, self.size):
                raise
            raise FormatError(
                f"{error.message}. It has {self.size} bytes, the manifest says {self.stated}",
                remedy="It was cut off, or repacked in a way that is not read here.",
            ) from error


def is_cog(path: str) -> bool:
    """Say whether a measurement is called like a cloud-optimized twin's."""
    return path.endswith("-cog.tiff")


def _first(path: str, size: int, shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what to read first: where the directory most likely is, and the header that says so."""
    if is_cog(path):
        tiles = -(-shape[0] // 256) * -(-shape[1] // 256)  # tiles of 256, and a third as many in overviews
        return [(0, min(size, _HEAD_SPARE + 24 * tiles))]
    return [(0, min(16, size)), (max(min(16, size), size - 8 * shape[0] - _TAIL_SPARE), size)]


def _check(directory: Directory, shape: tuple[int, int], pixel: str) -> str:
    """Refuse by name what is not read here, and what is not what the annotation describes; return the pixels' type."""
    path = directory.path
    compression, predictor = directory.one(_COMPRESSION, 1), directory.one(_PREDICTOR, 1)
    if compression not in COMPRESSIONS:
        raise FormatError(f"{path} is compressed in a way that is not read here ({compression})", remedy=_REMEDY)
    if compression != 1 and predictor not in _PREDICTORS:
        raise FormatError(f"{path} has predictor {predictor}, which is not read here", remedy=_REMEDY)
    if directory.one(_SAMPLES_PER_PIXEL, 1) != 1:
        raise FormatError(f"{path} has more than one band", remedy=_REMEDY)
    if directory.one(_FILL_ORDER, 1) != 1:
        raise FormatError(f"{path} has its bits in reverse order", remedy=_REMEDY)
    stated = _PIXELS.get((directory.one(_BITS, 1), directory.one(_SAMPLE_FORMAT, 1)), "of unknown type")
    found = (directory.one(_LENGTH), directory.one(_WIDTH))
    if found != shape or stated not in PIXELS or PIXELS[stated][2] != PIXELS[pixel][2]:
        raise FormatError(
            f"{path} has {found[0]} x {found[1]} pixels {stated}, the annotation {shape[0]} x {shape[1]} {pixel}",
            remedy="The file does not belong to this product.",
        )
    return stated


def _tiles(directory: Directory, size: int, shape: tuple[int, int], pixel: str) -> Blocks:
    block = directory.one(_TILE_LENGTH), directory.one(_TILE_WIDTH)
    return _blocks(directory, size, shape, pixel, block, (_TILE_OFFSETS, _TILE_SIZES))


def _strips(directory: Directory, size: int, shape: tuple[int, int], pixel: str) -> TiffRaster:
    path, tags = directory.path, directory.tags
    rows_per_strip = min(directory.one(_ROWS_PER_STRIP, shape[0]), shape[0])
    if rows_per_strip < 1 or _STRIP_OFFSETS not in tags or _STRIP_SIZES not in tags:
        raise FormatError(f"{path} does not say where its strips are")
    offsets, sizes = tags[_STRIP_OFFSETS], tags[_STRIP_SIZES]
    if directory.one(_COMPRESSION, 1) != 1 or not (offsets.all() and sizes.all()):
        return _blocks(
            directory, size, shape, pixel, (rows_per_strip, shape[1]), (_STRIP_OFFSETS, _STRIP_SIZES), tiled=False
        )
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
    return Raster(path, shape, pixel, (Run(0, shape[0], int(offsets[0])),), size, directory.order)


def _blocks(
    directory: Directory,
    size: int,
    shape: tuple[int, int],
    pixel: str,
    block: tuple[int, int],
    where: tuple[int, int],
    *,
    tiled: bool = True,
) -> Blocks:
    code, numbers, _ = PIXELS[pixel]
    if any(number not in directory.tags for number in where):
        raise FormatError(f"{directory.path} does not say where its blocks are")
    if min(block) < 1 or block[0] * block[1] * numbers * np.dtype(code).itemsize > _LARGEST_BLOCK:
        raise FormatError(f"{directory.path}: blocks of {block[0]} x {block[1]} pixels", remedy=_REMEDY)
    offsets, sizes = (directory.tags[number] for number in where)
    coding = Coding(directory.one(_COMPRESSION, 1), directory.one(_PREDICTOR, 1), directory.order)
    made = Blocks(directory.path, shape, pixel, block, tiled, offsets, sizes, size, coding)
    if made.sparse and directory.fill.strip("0.") not in ("", "-"):
        raise FormatError(
            f"{directory.path} leaves out blocks of {directory.fill[:20]}, which is not 0", remedy=_REMEDY
        )
    return made
