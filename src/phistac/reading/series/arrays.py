"""The lazy arrays of a series: pixels that are fetched, and the mask that is computed, when they are used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from phistac.reading.arrays import RangedArray
from phistac.reading.reads import Read
from phistac.reading.series.annotations import address
from phistac.reading.sidecar import Entry, Sidecar
from phistac.safe.byteranges import ByteRange, together
from phistac.safe.selection import dropped, indices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.reading.source import Source
    from phistac.safe.byteranges import Indexer
    from phistac.safe.selection import Key
    from phistac.safe.stack import Stack

__all__ = ["SeriesArray", "ValidArray"]


class SeriesArray(RangedArray):
    """Pixels of one polarization over (time, line, pixel): windows of all dates are planned and fetched together.

    Parameters
    ----------
    source : Source
        The bucket.
    stack : Stack
        Where the burst of each date lies, on the grid and in its measurement.
    known : mapping of str to str
        By the path of a measurement: the ETag that it was seen with beside that very annotation.
    witnesses : mapping of str to tuple
        By the path of a measurement: path and ETag of the annotation by which it is read. Until the measurement's own
        ETag is known, one byte of the annotation is asked for with the pixels: an annotation that is still the same
        shows that the product is.
    """

    def __init__(
        self, source: Source, stack: Stack, known: Mapping[str, str], witnesses: Mapping[str, tuple[str, str]]
    ) -> None:
        super().__init__(source, stack)
        self.stack = stack
        self.witnesses = dict(witnesses)
        self.etags.update(known)

    def request(self, key: Key) -> Read[np.ndarray[Any, Any]]:
        """Return what a selection needs to be read: its pixels, and witnesses of the products not seen before."""
        rasters = [self.stack.layers[number].raster for number in indices(key[0], self.shape[0]).tolist()]
        sizes = {raster.path: raster.size for raster in rasters}
        asked = sizes.keys()
        known = {path: self.etags[path] for path in asked & self.etags.keys()}
        seen = [self.witnesses[path] for path in sorted(asked & self.witnesses.keys() - known.keys())]
        watcher = _Watcher(self, {path: self.witnesses[path][0] for path in asked & self.witnesses.keys()})
        return Read(self.source, partial(self._guarded, key, seen), sizes, {**dict(seen), **known}, watcher)

    def _guarded(self, key: Key, witnesses: list[tuple[str, str]]) -> Indexer[np.ndarray[Any, Any]]:
        pixels, _ = yield from together([self.stack.read(key), _glance([path for path, _ in witnesses])])
        return np.asarray(pixels)


class _Watcher:
    """Keeps the ETags that were seen in the sidecar, or forgets what a replaced product was known by."""

    def __init__(self, array: SeriesArray, annotations: Mapping[str, str]) -> None:
        self._array = array
        self._annotations = annotations
        """By the path of a measurement."""

    def seen(self, etags: Mapping[str, str]) -> None:
        fresh = {path: etags[path] for path in self._annotations.keys() & etags.keys() - self._array.etags.keys()}
        self._array.etags.update(fresh)
        if fresh:
            Sidecar.of_user().keep([Entry(self._address(path), etag, None, b"") for path, etag in fresh.items()])

    def changed(self) -> None:
        Sidecar.of_user().forget(map(self._address, (*self._annotations, *self._annotations.values())))

    def _address(self, path: str) -> str:
        return address(self._array.source.settings, path)


def _glance(paths: list[str]) -> Indexer[Any]:
    """Ask for a byte of each object, for the sake of its ETag."""
    if paths:
        yield [ByteRange(path, 0, 1) for path in paths]


class ValidArray(BackendArray):
    """Which pixels hold an image, over (time, line, pixel): computed from the valid samples of every line.

    Parameters
    ----------
    first, last : array of int, shape (time, line)
        First and last valid pixel; -1 in lines without any.
    pixels : int
        Length of the last axis.
    """

    def __init__(
        self, first: np.ndarray[Any, np.dtype[np.int64]], last: np.ndarray[Any, np.dtype[np.int64]], pixels: int
    ) -> None:
        self.first, self.last = first, last
        self.shape = (*first.shape, pixels)
        self.dtype = np.dtype(bool)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._compute)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Compute; nothing is waited for."""
        return self[key]

    def _compute(self, key: Key) -> np.ndarray[Any, Any]:
        times, lines, pixels = (indices(part, size) for part, size in zip(key, self.shape, strict=True))
        first, last = (bounds[np.ix_(times, lines)][..., None] for bounds in (self.first, self.last))
        return np.asarray((first >= 0) & (first <= pixels) & (pixels <= last))[dropped(key)]
