"""Tables of an annotation as arrays that are parsed when they are first used.

When a tree is opened only shapes and axes are needed. A table that travels to another process is parsed first: its few
kilobytes go, not the megabyte of XML, and nobody fetches the file again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.safe.sentinel1 import Document
    from phistac.safe.xml import Element

__all__ = ["TableArray", "later"]

T = TypeVar("T")


class TableArray(BackendArray):
    """An array that is one column of a part of a document.

    Parameters
    ----------
    document : Document
        The file that it is in.
    part : callable
        What reads the part from the root element; the document does it once for all columns.
    take : callable
        What takes the array out of the part.
    shape : tuple of int
        As the axes say.
    dtype : dtype
        Of the values.
    """

    def __init__(
        self,
        document: Document,
        part: Callable[[Element], T],
        take: Callable[[T], np.ndarray[Any, Any]],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self.document, self.part, self.take = document, part, take
        self.shape, self.dtype = shape, dtype

    def __repr__(self) -> str:
        return f"<TableArray {self.dtype} {self.shape} of {self.document.name}>"

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    async def async_getitem(self, key: indexing.ExplicitIndexer) -> Any:
        """Parse; nothing is waited for."""
        return self[key]

    def _read(self, key: tuple[Any, ...]) -> Any:
        return self.values()[key]

    def values(self) -> np.ndarray[Any, Any]:
        """Return the whole table.

        Raises
        ------
        FormatError
            If it is not what it should be, or has another shape than its axes.
        """
        found = self.take(self.document.get(self.part))
        if found.shape != self.shape:
            raise FormatError(f"{self.document.name}: a table has the shape {found.shape}, its axes {self.shape}")
        return found

    def __reduce__(self) -> tuple[type[indexing.NumpyIndexingAdapter], tuple[np.ndarray[Any, Any]]]:
        return indexing.NumpyIndexingAdapter, (self.values(),)


def later(
    document: Document,
    part: Callable[[Element], T],
    take: Callable[[T], np.ndarray[Any, Any]],
    shape: tuple[int, ...],
    dtype: str = "float64",
) -> indexing.LazilyIndexedArray:
    """Return what xarray holds instead of a table: parameters as of :class:`TableArray`."""
    return indexing.LazilyIndexedArray(TableArray(document, part, take, shape, np.dtype(dtype)))
