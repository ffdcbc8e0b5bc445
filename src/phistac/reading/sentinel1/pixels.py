"""How the pixels of a Sentinel-1 image are found, and in which pieces they are best read. Nothing is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.errors import NotFoundError
from phistac.safe.sentinel1.pixels import burst_raster, has_esas_layout
from phistac.safe.tiff import TiffImage, is_cog

if TYPE_CHECKING:
    from phistac.reading.arrays import Layout
    from phistac.reading.source import Source
    from phistac.safe.sentinel1 import ImageFiles, ImageInfo, SwathTiming

__all__ = ["pixel_layout", "preferred_chunks"]

_BAND_SIZE = 32_000_000
"""Bytes of a preferred chunk of whole rows: long enough to hide latency, short enough to hold four."""
_TILES = {"line": 2048, "pixel": 4096}
"""A preferred chunk of a tiled image, 16 MB of uint16: whole tiles, whether they have 256, 512 or 1024 pixels."""


def pixel_layout(source: Source, files: ImageFiles, image: ImageInfo, timing: SwathTiming) -> Layout:
    """Return where the pixels of an image lie, or what will find that out at the first read.

    The annotation's byte offsets are enough if they are those of a file as ESA writes it. Otherwise, or where the file
    can be seen not to be the one that the manifest describes, its own directory is asked: a repacked file reads slower,
    but right.

    Parameters
    ----------
    source : Source
        Where the product is.
    files : ImageFiles
        Which files the image has.
    image : ImageInfo
        Shape and pixel type.
    timing : SwathTiming
        Bursts with their byte offsets, if there are any.

    Raises
    ------
    NotFoundError
        If the product lists no measurement for the image.
    FormatError
        If annotation and manifest contradict each other.
    """
    measurement = files.measurement
    if measurement is None:
        raise NotFoundError(f"the product lists no measurement for {files.group}")
    size = _size_seen(source, measurement.path)
    if timing.bursts and size in (None, measurement.size):
        raster = burst_raster(image, timing, measurement)
        if has_esas_layout(raster):
            return raster
    shape = (image.lines, image.samples)
    return TiffImage(measurement.path, measurement.size if size is None else size, shape, image.pixel, measurement.size)


def _size_seen(source: Source, path: str) -> int | None:
    """Return the size of a file where looking costs nothing, as in a folder; ``None`` elsewhere or if it is missing."""
    if source.url.startswith("cdse://"):
        return None
    fs, root = source.filesystem()
    if getattr(fs, "async_impl", False):
        return None
    try:
        return int(fs.info(f"{root}/{path}")["size"])
    except FileNotFoundError:
        return None


def preferred_chunks(files: ImageFiles, image: ImageInfo, timing: SwathTiming) -> dict[str, int]:
    """Return the pieces that suit the file: bursts, bands of rows, or whole tiles."""
    if files.measurement is not None and is_cog(files.measurement.path):
        return {"line": min(_TILES["line"], image.lines), "pixel": min(_TILES["pixel"], image.samples)}
    row_size = image.samples * (4 if image.pixel == "cint16" else 2)
    lines = timing.lines_per_burst or max(1, min(image.lines, _BAND_SIZE // row_size))
    return {"line": lines, "pixel": image.samples}
