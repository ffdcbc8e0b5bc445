"""Where the pixels of a Sentinel-1 image lie, from its annotation alone.

A TOPS annotation states the byte at which each burst begins, so neither a header nor a directory need be read. In every
real product seen (IPF 2.36 to 3.91) the bursts lie one behind the other: an image is then a single run of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe.raster import Raster, Run

if TYPE_CHECKING:
    from phistac.safe.manifest import ManifestObject
    from phistac.safe.sentinel1.bursts import SwathTiming
    from phistac.safe.sentinel1.image import ImageInfo

__all__ = ["burst_raster", "esas_size", "has_esas_layout"]

_HEADER = 8
"""Bytes of a TIFF's header: no pixel can be before them."""


def burst_raster(image: ImageInfo, timing: SwathTiming, measurement: ManifestObject) -> Raster:
    """Return where the rows of an image made of bursts lie.

    Parameters
    ----------
    image : ImageInfo
        Shape and pixel type.
    timing : SwathTiming
        Bursts with their byte offsets.
    measurement : ManifestObject
        The file, with its size.

    Returns
    -------
    Raster
        Nothing was read for it.

    Raises
    ------
    FormatError
        If the image has no bursts, is not their sum, or a burst would lie outside the file.
    """
    count, lines = len(timing.bursts), timing.lines_per_burst
    if not count:
        raise FormatError(f"{measurement.path}: its annotation has no bursts")
    if (count * lines, timing.samples_per_burst) != (image.lines, image.samples):
        raise FormatError(
            f"{measurement.path}: {count} bursts of {lines} x {timing.samples_per_burst} pixels "
            f"do not make an image of {image.lines} x {image.samples}"
        )
    if any(burst.byte_offset < _HEADER for burst in timing.bursts):
        raise FormatError(f"{measurement.path}: a burst would begin in the file's header")
    runs = tuple(Run(burst.index * lines, lines, burst.byte_offset) for burst in timing.bursts)
    return Raster(
        measurement.path, (image.lines, image.samples), image.pixel, _joined(runs, image.samples * 4), measurement.size
    )


def has_esas_layout(raster: Raster) -> bool:
    """Say whether the rows lie as in every file of ESA's seen: in one run, between what is always before and behind.

    Before are the header and, since IPF 2.7x, a dead directory: 315 bytes and two arrays of 4 bytes per row. Behind is
    the live directory: the two arrays, 48 bytes per tie point, and 461 bytes more (467 at IPF 2.36). Offsets that do
    not fit are wrong, or describe a file made by others.
    """
    least = esas_size(raster.shape[0], raster.row_size, raster.runs[0].offset, 0)
    return len(raster.runs) == 1 and least is not None and raster.size >= least and (raster.size - least) % 48 == 0


def esas_size(lines: int, row_size: int, offset: int, tie_points: int) -> int | None:
    """Return the size of a measurement file as ESA writes it, see :func:`has_esas_layout`.

    Parameters
    ----------
    lines, row_size : int
        Of the image: rows, and bytes of one.
    offset : int
        Where the first row begins.
    tie_points : int
        Of the geolocation grid.

    Returns
    -------
    int or None
        In bytes; ``None`` if no file of ESA's begins so.

    Examples
    --------
    >>> esas_size(13518, 4 * 22612, 108459, 210)
    1222903208
    """
    more = {_HEADER: 467, 8 * lines + 315: 461}.get(offset)
    return None if more is None else offset + lines * row_size + 8 * lines + 48 * tie_points + more


def _joined(runs: tuple[Run, ...], row_size: int) -> tuple[Run, ...]:
    joined = [runs[0]]
    for run in runs[1:]:
        last = joined[-1]
        if run.offset == last.offset + last.lines * row_size:
            joined[-1] = Run(last.line, last.lines + run.lines, last.offset)
        else:
            joined.append(run)
    return tuple(joined)
