"""Arrays whose values are fetched when they are used: what xarray holds instead of pixels.

An array knows where its product is and how its values lie in it, and nothing else: no handle, no connection, no secret.
So it pickles to a Dask worker as it is, and any number of threads may read it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from phistac.reading.reads import Read, run_all
from phistac.reading.turns import run_in_turn
from phistac.safe.tiff import TiffImage

if TYPE_CHECKING:
    from phistac.reading.source import Source
    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key

__all__ = ["Layout", "RangedArray", "Readable"]


class Readable(Protocol):
    """What knows how its values lie in byte ranges: :class:`~phistac.safe.raster.Raster`, a netCDF variable.

    One that has a ``path`` and a ``size`` says what its object must be.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def read(self, key: Any) -> Indexer[np.ndarray[Any, Any]]:
        """Ask for the bytes of a selection, return its values."""


Layout: TypeAlias = "Readable | TiffImage"


class RangedArray(BackendArray):
    """Lazy array over byte ranges of a product.

    Parameters
    ----------
    source : Source
        Where the product is.
    layout : Readable or TiffImage
        How the values lie in it. A TIFF whose directory was not read yet is looked up at the first read, once.
    """

    def __init__(self, source: Source, layout: Layout) -> None:
        self.source = source
        self.layout: Layout = layout
        self.shape = tuple(layout.shape)
        self.dtype = np.dtype(layout.dtype)
        self.etags: dict[str, str] = {}
        """By path: which version of an object was read first; another one later is an error, not other pixels."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.dtype} {self.shape} in {self.source.url}>"

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Read without blocking the event loop, together with what else is asked for in the same turn of it."""
        return await indexing.async_explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read_in_turn
        )

    def request(self, key: Key) -> Read[np.ndarray[Any, Any]]:
        """Return what a selection needs to be read, to be planned together with others.

        Parameters
        ----------
        key : tuple of (int, slice or array of int)
            Outer indexing.
        """
        return Read(self.source, partial(self._indexer, key), self._sizes(), self.etags)

    def look_up(self) -> Read[Readable] | None:
        """Return what must be read before a selection can be planned, once; None if nothing."""
        if isinstance(self.layout, TiffImage):
            return Read(self.source, self._layout, self._sizes(), self.etags)
        return None

    def _read(self, key: Key) -> np.ndarray[Any, Any]:
        (values,) = run_all([self.request(key)])
        return values

    async def _read_in_turn(self, key: Key) -> np.ndarray[Any, Any]:
        return await run_in_turn(self.request(key), partial(self._read, key))

    def _sizes(self) -> dict[str, int]:
        path, size = getattr(self.layout, "path", None), getattr(self.layout, "size", None)
        return {path: size} if path is not None and size is not None else {}

    def _layout(self) -> Indexer[Readable]:
        """Find the layout if need be. Threads that meet here find the same and may both keep it."""
        layout = self.layout
        if isinstance(layout, TiffImage):
            layout = self.layout = yield from layout.index()
        return layout

    def _indexer(self, key: Key) -> Indexer[np.ndarray[Any, Any]]:
        layout = yield from self._layout()
        return (yield from layout.read(key))
