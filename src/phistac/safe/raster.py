"""Uncompressed rasters: from a window to byte ranges, and from bytes to pixels.

The pixels of a Sentinel-1 measurement file are rows, one behind the other. Where the rows begin is all there is to
know; it comes from the annotation (bursts) or from the file's own directory (:mod:`phistac.safe.tiff`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange
from phistac.safe.pouring import Numbers
from phistac.safe.selection import Indices, dropped, indices, locate, runs

if TYPE_CHECKING:
    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key

__all__ = ["PIXELS", "Raster", "Run"]

PIXELS: dict[str, tuple[str, int, np.dtype[Any]]] = {
    "uint8": ("u1", 1, np.dtype("u1")),
    "uint16": ("u2", 1, np.dtype("u2")),
    "int16": ("i2", 1, np.dtype("i2")),
    "float32": ("f4", 1, np.dtype("f4")),
    "cint16": ("i2", 2, np.dtype("c8")),
    "complex64": ("f4", 2, np.dtype("c8")),
}
"""Type of a pixel -> its numbers in the file, how many there are, and the numpy type it becomes."""


@dataclass(frozen=True, slots=True)
class Run:
    """Rows that lie one behind the other: ``lines`` of them, from row ``line`` on, at byte ``offset``."""

    line: int
    lines: int
    offset: int


@dataclass(frozen=True, slots=True)
class Raster:
    """An image of uncompressed rows.

    Attributes
    ----------
    path : str
        Of the object, relative to the product's root.
    shape : tuple of int
        Lines and samples.
    pixel : str
        A key of :data:`PIXELS`.
    runs : tuple of Run
        They cover all lines, in order.
    size : int
        Bytes of the whole object, as the manifest states: an object of another size is another object.
    byteorder : str
        ``<`` or ``>``.

    Raises
    ------
    FormatError
        If the runs do not cover the lines, overlap one another or leave the object.

    Examples
    --------
    >>> from phistac.safe.byteranges import answer
    >>> raster = Raster("a", (2, 3), "uint16", (Run(0, 2, 8),), 20)
    >>> data = bytes(8) + np.arange(6, dtype="<u2").tobytes()
    >>> answer(raster.read((1, slice(1, 3))), lambda ranges: [data[r.start : r.stop] for r in ranges])
    array([4, 5], dtype=uint16)
    """

    path: str
    shape: tuple[int, int]
    pixel: str
    runs: tuple[Run, ...]
    size: int
    byteorder: str = "<"

    def __post_init__(self) -> None:
        expected = 0
        for run in self.runs:
            if run.line != expected or run.lines < 1:
                raise FormatError(f"{self.path}: rows from {expected} on are not where the index says")
            if run.offset < 0 or run.offset + run.lines * self.row_size > self.size:
                raise FormatError(f"{self.path}: row {run.line} would lie outside the file of {self.size} bytes")
            expected += run.lines
        if expected != self.shape[0]:
            raise FormatError(f"{self.path}: the index has {expected} rows, the image {self.shape[0]}")
        spans = sorted((run.offset, run.offset + run.lines * self.row_size) for run in self.runs)
        if any(stop > start for (_, stop), (start, _) in pairwise(spans)):
            raise FormatError(f"{self.path}: rows overlap one another")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type that pixels become."""
        return PIXELS[self.pixel][2]

    @property
    def row_size(self) -> int:
        """Bytes of one row."""
        code, numbers, _ = PIXELS[self.pixel]
        return self.shape[1] * numbers * np.dtype(code).itemsize

    def read(self, key: Key, *, into: np.ndarray[Any, Any] | None = None) -> Indexer[np.ndarray[Any, Any]]:
        """Ask for the bytes of a window and return its pixels, which are made as the bytes come.

        Parameters
        ----------
        key : tuple of (int, slice or array of int)
            Lines and samples; outer indexing.
        into : array, optional
            Of the window's shape and :attr:`dtype`, its samples one behind the other: where to make them. Only for
            slices with a step of 1.

        Yields
        ------
        list of ByteRange
            Exactly the bytes between the first and the last sample wanted of every line wanted, once.

        Returns
        -------
        array
            Of :attr:`dtype`; axes selected by integers are dropped.
        """
        lines, samples = (indices(part, size) for part, size in zip(key, self.shape, strict=True))
        if not (lines.size and samples.size):
            return np.empty((lines.size, samples.size), self.dtype)[dropped(key)]
        rows = np.unique(lines)
        first, last = int(samples.min()), int(samples.max())
        code, numbers, dtype = PIXELS[self.pixel]
        kept = dtype if numbers == 1 else np.dtype("f4")
        made = Numbers(
            rows.size * (last + 1 - first) * numbers,
            np.dtype(self.byteorder + code),
            kept,
            None if into is None else into.view(kept),
        )
        yield self._ranges(rows, first, last + 1, made)
        if into is not None:
            return into
        pixels = made.values.view(dtype).reshape(rows.size, last + 1 - first)
        at = locate(lines, int(rows[0])) if rows.size == rows[-1] - rows[0] + 1 else np.searchsorted(rows, lines)
        return pixels[at][:, locate(samples, first)][dropped(key)]

    def _ranges(self, rows: Indices, first: int, stop: int, made: Numbers) -> list[ByteRange]:
        pixel_size = self.row_size // self.shape[1]
        whole = (first, stop) == (0, self.shape[1])
        starts = np.array([run.line for run in self.runs])
        ranges: list[ByteRange] = []
        placed = 0
        for begin, end in runs(rows):
            line = begin
            while line < end:
                run = self.runs[int(np.searchsorted(starts, line, side="right")) - 1]
                count = min(end, run.line + run.lines) - line if whole else 1
                offset = run.offset + (line - run.line) * self.row_size
                begins, ends = offset + first * pixel_size, offset + (count - 1) * self.row_size + stop * pixel_size
                ranges.append(ByteRange(self.path, begins, ends, made.sink(placed)))
                placed += ends - begins
                line += count
        return ranges
