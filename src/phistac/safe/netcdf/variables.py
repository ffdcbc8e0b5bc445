"""Variables of a netCDF-4 object: from a selection to byte ranges, and from bytes to numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange
from phistac.safe.netcdf.filters import decode_chunk
from phistac.safe.selection import Indices, dropped, indices, locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key

__all__ = ["Chunks", "NetcdfVariable"]


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """Where the chunks of a variable lie.

    Attributes
    ----------
    shape : tuple of int
        Of one chunk. A variable that is stored contiguously is one chunk.
    offsets, sizes, masks : int64 array
        One entry per chunk, on the grid of chunks; an offset of -1 where nothing was ever written.
    filters : tuple of int
        HDF5 filter identifiers, in the order in which they were applied.
    fill : object
        Value of chunks that were never written.
    """

    shape: tuple[int, ...]
    offsets: np.ndarray[Any, np.dtype[np.int64]]
    sizes: np.ndarray[Any, np.dtype[np.int64]]
    masks: np.ndarray[Any, np.dtype[np.int64]]
    filters: tuple[int, ...]
    fill: Any


@dataclass(frozen=True, slots=True, eq=False)
class NetcdfVariable:
    """One variable.

    Attributes
    ----------
    path : str
        Of the object, relative to the product's root.
    name : str
        Without groups.
    dims : tuple of str
        Names of its dimensions.
    shape : tuple of int
        Their lengths.
    dtype : numpy.dtype
        As in the file.
    attrs : mapping
        As in the file, without HDF5's own; text as str, single numbers as scalars.
    chunks : Chunks or None
        Where its numbers lie.
    values : array or None
        Its values, where they came with the metadata: text, scalars and short coordinates.
    """

    path: str
    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attrs: Mapping[str, Any] = field(repr=False)
    chunks: Chunks | None = field(default=None, repr=False)
    values: np.ndarray[Any, Any] | None = field(default=None, repr=False)

    def read(self, key: Key) -> Indexer[np.ndarray[Any, Any]]:
        """Ask for the chunks that a selection touches and return the selection.

        Parameters
        ----------
        key : tuple of (int, slice or array of int)
            One per dimension; outer indexing.

        Yields
        ------
        list of ByteRange
            Every chunk touched, once; nothing where the values are here already.

        Returns
        -------
        array
            Of :attr:`dtype`; axes selected by integers are dropped.

        Raises
        ------
        FormatError
            If a chunk is corrupt or compressed in a way that is not known here.
        """
        wanted = [indices(part, size) for part, size in zip(key, self.shape, strict=True)]
        if self.values is not None:
            return np.asarray(self.values[np.ix_(*wanted)][dropped(key)])
        if self.chunks is None:
            raise FormatError(f"{self.path}: nothing is known about where {self.name} lies")
        out = np.empty([axis.size for axis in wanted], self.dtype)
        if out.size:
            cells = list(
                product(*(_cells(axis, length) for axis, length in zip(wanted, self.chunks.shape, strict=True)))
            )
            present = [cell for cell in cells if self.chunks.offsets[cell] >= 0]
            parts = yield [self._range(self.chunks, cell) for cell in present]
            data = dict(zip(present, parts, strict=True))
            for cell in cells:
                _place(out, wanted, cell, self.chunks.shape, self._decoded(self.chunks, cell, data.get(cell)))
        return out[dropped(key)]

    def _range(self, chunks: Chunks, cell: tuple[int, ...]) -> ByteRange:
        start = int(chunks.offsets[cell])
        return ByteRange(self.path, start, start + int(chunks.sizes[cell]))

    def _decoded(self, chunks: Chunks, cell: tuple[int, ...], data: bytes | None) -> np.ndarray[Any, Any]:
        if data is None:
            return np.full(chunks.shape, chunks.fill, self.dtype)
        return decode_chunk(
            data, filters=chunks.filters, mask=int(chunks.masks[cell]), shape=chunks.shape, dtype=self.dtype,
            name=f"{self.path}: {self.name}",
        )  # fmt: skip


def _cells(wanted: Indices, length: int) -> list[int]:
    return [int(cell) for cell in np.unique(wanted // length)]


def _place(
    out: np.ndarray[Any, Any],
    wanted: list[Indices],
    cell: tuple[int, ...],
    shape: tuple[int, ...],
    chunk: np.ndarray[Any, Any],
) -> None:
    """Copy what is wanted of one chunk to where it belongs in the result."""
    into, of = [], []
    for axis, number, length in zip(wanted, cell, shape, strict=True):
        at = np.flatnonzero(axis // length == number)
        into.append(at)
        of.append(axis[at] - number * length)
    slices = [(locate(a, 0), locate(b, 0)) for a, b in zip(into, of, strict=True)]
    if all(isinstance(a, slice) and isinstance(b, slice) for a, b in slices):
        out[tuple(a for a, _ in slices)] = chunk[tuple(b for _, b in slices)]
    else:
        out[np.ix_(*into)] = chunk[np.ix_(*of)]
