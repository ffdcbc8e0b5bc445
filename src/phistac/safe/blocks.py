"""Images in blocks: the tiles of a cloud-optimized GeoTIFF, and compressed strips.

A block is the smallest piece that can be decoded. A window asks for the blocks that it touches, each once; they are
decoded by a few threads, and only the pixels wanted are kept. A block that the file leaves out is all zeros.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange
from phistac.safe.codecs import Coding, decode
from phistac.safe.raster import PIXELS
from phistac.safe.selection import Indices, dropped, indices, locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key

__all__ = ["Blocks"]

_THREADS = 4
_WORTH_THREADS = 1 << 20
"""Bytes of decoded pixels from which on threads cost less than they bring."""

# A block's number along one axis, where its pixels go in the answer, and which pixels of it they are.
_Part: TypeAlias = "tuple[int, slice | Indices, slice | Indices]"


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """An image made of blocks of one size, row by row.

    Attributes
    ----------
    path : str
        Of the object, relative to the product's root.
    shape : tuple of int
        Lines and samples.
    pixel : str
        A key of :data:`~phistac.safe.raster.PIXELS`.
    block : tuple of int
        Lines and samples of a block; strips are as wide as the image, and the last one ends with it.
    tiled : bool
        Whether blocks at the edge are whole, with padding.
    offsets, sizes : int64 array, shape (n,)
        Where the blocks lie, and their bytes; both 0 for a block that was left out.
    size : int
        Bytes of the whole object.
    coding : Coding
        How they are compressed.

    Raises
    ------
    FormatError
        If blocks are missing, leave the object or overlap one another.
    """

    path: str
    shape: tuple[int, int]
    pixel: str
    block: tuple[int, int]
    tiled: bool
    offsets: Indices = field(repr=False)
    sizes: Indices = field(repr=False)
    size: int
    coding: Coding

    def __post_init__(self) -> None:
        grid = self._grid()
        if not self.offsets.size == self.sizes.size == grid[0] * grid[1]:
            raise FormatError(f"{self.path}: {self.offsets.size} blocks where its shape makes {grid[0] * grid[1]}")
        there = (self.offsets != 0) | (self.sizes != 0)
        start, length = self.offsets[there], self.sizes[there]
        largest = self._nbytes(self.block[0]) * 2 + 4096
        if bool(((start < 8) | (length < 1) | (length > largest) | (start > self.size - length)).any()):  # noqa: PLR2004 - the header
            raise FormatError(f"{self.path}: a block would lie outside the file, or is far too large")
        order = np.argsort(start)
        if bool((start[order][1:] < (start + length)[order][:-1]).any()):
            raise FormatError(f"{self.path}: blocks overlap one another")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type that pixels become."""
        return PIXELS[self.pixel][2]

    @property
    def sparse(self) -> bool:
        """Whether blocks were left out."""
        return not bool(self.sizes.all())

    def read(self, key: Key) -> Indexer[np.ndarray[Any, Any]]:
        """Ask for the blocks that a window touches and return its pixels.

        Parameters
        ----------
        key : tuple of (int, slice or array of int)
            Lines and samples; outer indexing.

        Yields
        ------
        list of ByteRange
            Each block once.

        Returns
        -------
        array
            Of :attr:`dtype`; axes selected by integers are dropped.
        """
        lines, samples = (indices(part, size) for part, size in zip(key, self.shape, strict=True))
        pixels = np.zeros((lines.size, samples.size), self.dtype)
        jobs = []
        across = self._grid()[1]
        columns = list(_parts(samples, self.block[1]))
        for row in _parts(lines, self.block[0]):
            for column in columns:
                number = row[0] * across + column[0]
                if self.sizes[number]:
                    jobs.append((number, row, column))
        if jobs:
            data = yield [self._range(number) for number, _, _ in jobs]
            _share([partial(self._place, pixels, part, *job) for part, job in zip(data, jobs, strict=True)], pixels)
        return pixels[dropped(key)]

    def _grid(self) -> tuple[int, int]:
        return -(-self.shape[0] // self.block[0]), -(-self.shape[1] // self.block[1])

    def _nbytes(self, lines: int) -> int:
        code, numbers, _ = PIXELS[self.pixel]
        return lines * self.block[1] * numbers * np.dtype(code).itemsize

    def _range(self, number: int) -> ByteRange:
        start = int(self.offsets[number])
        return ByteRange(self.path, start, start + int(self.sizes[number]))

    def _place(self, pixels: np.ndarray[Any, Any], data: bytes, number: int, row: _Part, column: _Part) -> None:
        """Decode one block into its place."""
        lines = self.block[0] if self.tiled else min(self.block[0], self.shape[0] - row[0] * self.block[0])
        code, numbers, dtype = PIXELS[self.pixel]
        shape = (lines, self.block[1])
        raw = decode(data, self.coding, shape=shape, code=code, numbers=numbers, name=f"{self.path}, block {number}")
        wanted = raw.reshape(*shape, numbers)[row[2]][:, column[2]]
        found = wanted[..., 0] if numbers == 1 else wanted.astype(np.float32, order="C").view(dtype)[..., 0]
        if isinstance(row[1], slice) or isinstance(column[1], slice):
            pixels[row[1], column[1]] = found
        else:
            pixels[np.ix_(row[1], column[1])] = found


def _parts(wanted: Indices, length: int) -> Iterable[_Part]:
    """Split indices by the block that they fall into, whatever their order."""
    if not wanted.size:
        return
    order = np.argsort(wanted // length, kind="stable")
    numbers = wanted[order] // length
    edges = np.flatnonzero(np.diff(numbers)) + 1
    for group in np.split(order, edges):
        number = int(wanted[group[0]] // length)
        yield number, locate(group, 0), locate(wanted[group], number * length)


def _share(jobs: list[partial[None]], pixels: np.ndarray[Any, Any]) -> None:
    """Run jobs, in threads where that pays: decompression lets go of Python's lock."""
    if len(jobs) < _THREADS or pixels.nbytes < _WORTH_THREADS:
        _run(jobs)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(_run, [jobs[first::_THREADS] for first in range(_THREADS)]))


def _run(jobs: list[partial[None]]) -> None:
    for job in jobs:
        job()
