"""Calibrated pixels that are made when they are used: around what xarray holds, as xarray decodes values itself.

A selection of them is a selection of the digital numbers, so what is read, planned and explained is just that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.core import indexing

if TYPE_CHECKING:
    from phistac.safe.selection import Indices
    from phistac.safe.sentinel1.radiometry import Radiometry

__all__ = ["Calibrated", "calibrated"]


def calibrated(
    numbers: np.ndarray[Any, Any], line: Indices, pixel: Indices, radiometry: Radiometry, *, turned: bool = False
) -> np.ndarray[Any, Any]:
    """Return the intensity of digital numbers.

    Parameters
    ----------
    numbers : array
        Digital numbers over (line, pixel); either axis may be missing.
    line, pixel : array
        Where in the whole image they are; any shape of the right size.
    radiometry : Radiometry
        What calibrates them.
    turned : bool
        Whether the numbers are over (pixel, line).
    """
    lines, pixels = np.ravel(line), np.ravel(pixel)
    grid = (pixels.size, lines.size) if turned else (lines.size, pixels.size)
    image = numbers.reshape(grid)
    made = radiometry.intensity(image.T if turned else image, lines, pixels)
    return (made.T if turned else made).reshape(numbers.shape)


class Calibrated(indexing.ExplicitlyIndexedNDArrayMixin):
    """Lazy intensities over lazy digital numbers.

    Parameters
    ----------
    array : array
        Digital numbers, as xarray holds them.
    line, pixel : int array
        Where in the whole image they are; of no dimension for an axis that is missing.
    radiometry : Radiometry
        What calibrates them.
    """

    def __init__(
        self, array: Any, line: Indices, pixel: Indices, radiometry: Radiometry, *, turned: bool = False
    ) -> None:
        self.array = indexing.as_indexable(array)  # type: ignore[no-untyped-call]  # xarray has few types here
        self.line, self.pixel, self.radiometry, self.turned = line, pixel, radiometry, turned

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of intensities."""
        return np.dtype(np.float32)

    def __repr__(self) -> str:
        return f"<Calibrated {self.dtype} {self.shape} of {self.array!r}>"

    def get_duck_array(self) -> np.ndarray[Any, Any]:
        """Read the digital numbers and return the intensities."""
        return self._made(self.array.get_duck_array())

    async def async_get_duck_array(self) -> np.ndarray[Any, Any]:
        """Read the digital numbers without blocking the event loop, and return the intensities."""
        return self._made(await self.array.async_get_duck_array())

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Calibrated:
        return self._selected(self.array[key], key)

    def _oindex_get(self, indexer: indexing.OuterIndexer) -> Calibrated:
        return self._selected(self.array.oindex[indexer], indexer)

    def _vindex_get(self, indexer: indexing.VectorizedIndexer) -> Any:
        def outer(key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
            return self._oindex_get(indexing.OuterIndexer(key)).get_duck_array()

        return indexing.explicit_indexing_adapter(indexer, self.shape, indexing.IndexingSupport.OUTER, outer)

    def _made(self, numbers: Any) -> np.ndarray[Any, Any]:
        return calibrated(np.asarray(numbers), self.line, self.pixel, self.radiometry, turned=self.turned)

    def _selected(self, array: Any, key: indexing.ExplicitIndexer) -> Calibrated:
        line, pixel, keys = self.line, self.pixel, list(key.tuple)
        for axis in ("pixel", "line") if self.turned else ("line", "pixel"):
            if axis == "line" and line.ndim:
                line = np.asarray(line[keys.pop(0)])
            elif axis == "pixel" and pixel.ndim:
                pixel = np.asarray(pixel[keys.pop(0)])
        return Calibrated(array, line, pixel, self.radiometry, turned=self.turned)
