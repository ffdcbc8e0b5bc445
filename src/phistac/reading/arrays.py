"""Arrays whose values are fetched when they are used: what xarray holds instead of pixels.

An array knows where its product is and how its values lie in it, and nothing else: no handle, no connection, no secret.
So it pickles to a Dask worker as it is, and any number of threads may read it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from phistac.reading.fetching import run
from phistac.safe.blocks import Blocks
from phistac.safe.raster import Raster
from phistac.safe.tiff import TiffImage

if TYPE_CHECKING:
    from phistac.reading.source import Source
    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key

__all__ = ["Layout", "RangedArray", "Readable"]


class Readable(Protocol):
    """What knows how its values lie in byte ranges: :class:`~phistac.safe.raster.Raster`, a netCDF variable."""

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

    def __repr__(self) -> str:
        return f"<RangedArray {self.dtype} {self.shape} in {self.source.url}>"

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Read without blocking the event loop; connections are waited for in a thread."""
        return await indexing.async_explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read_in_thread
        )

    async def _read_in_thread(self, key: Key) -> np.ndarray[Any, Any]:
        return await asyncio.to_thread(self._read, key)

    def _read(self, key: Key) -> np.ndarray[Any, Any]:
        layout = self.readable()
        sizes = {layout.path: layout.size} if isinstance(layout, Raster | Blocks) else None
        return run(self.source, layout.read(key), sizes=sizes)

    def readable(self) -> Readable:
        """Return the layout, looked up if need be. Threads that meet here find the same and may both keep it."""
        layout = self.layout
        if isinstance(layout, TiffImage):
            layout = self.layout = run(self.source, layout.index(), sizes={layout.path: layout.size})
        return layout
