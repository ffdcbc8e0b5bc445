"""What xarray has not read yet, found without reading it.

Between a Variable and our array xarray puts wrappers: what is cached, what was selected, how values are decoded. They
are asked for their values with a stand-in below them that notes what it is asked for; with the values at hand they are
asked again. What :func:`phistac.load` reads and :func:`phistac.explain` shows is so, by construction, what xarray
would have read.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from phistac.reading.arrays import RangedArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phistac.reading.reads import Read
    from phistac.safe.selection import Key

__all__ = ["Pending", "below", "held", "pending", "variables"]

_WRAPPERS = (indexing.ExplicitlyIndexed, indexing.ImplicitToExplicitIndexingAdapter)


class _Asked(Exception):  # noqa: N818 - no error: it carries a question out of xarray's wrappers
    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class _StandIn(BackendArray):
    """In the place of an array: has its values, or tells what it is asked for."""

    def __init__(self, array: RangedArray, values: np.ndarray[Any, Any] | None = None) -> None:
        self.shape, self.dtype, self._values = array.shape, array.dtype, values

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._answer)

    def _answer(self, key: Key) -> np.ndarray[Any, Any]:
        if self._values is None:
            raise _Asked(key)
        return self._values


def _ask(wrapped: Any) -> Any:
    return wrapped.get_duck_array()


@dataclass(frozen=True, slots=True)
class Pending:
    """Values that are not here yet.

    Attributes
    ----------
    array : RangedArray
        What has them.
    key : tuple
        What of it is needed.
    """

    array: RangedArray
    key: Key
    _wrapped: Any

    def request(self) -> Read[np.ndarray[Any, Any]]:
        """Return what is to be read."""
        return self.array.request(self.key)

    def finished(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the values wanted, made of those that were read."""
        return np.asarray(_ask(_over(self._wrapped, _StandIn(self.array, values))))


def pending(data: Any, use: Callable[[Any], Any] = _ask) -> Pending | None:
    """Return what is to be read for some data of xarray's.

    Parameters
    ----------
    data : object
        What a Variable or a Dask graph holds.
    use : callable
        What will be done with it; everything in it is wanted by default.

    Returns
    -------
    Pending or None
        None if the values are here, or nothing of ours is below.
    """
    array = below(data)
    if array is None:
        return None
    try:
        use(_over(data, _StandIn(array)))
    except _Asked as asked:
        return Pending(array, asked.key, data)
    return None


def variables(holder: xr.DataArray | xr.Dataset | xr.DataTree) -> Iterator[xr.Variable]:
    """Yield the Variables of a DataArray, a Dataset or all nodes of a tree: coordinates too, each once."""
    if isinstance(holder, xr.DataTree):
        for node in holder.subtree:
            yield from node.to_dataset(inherit=False).variables.values()
    elif isinstance(holder, xr.Dataset):
        yield from holder.variables.values()
    else:
        yield holder.variable
        yield from (coordinate.variable for coordinate in holder.coords.values())


def held(variable: xr.Variable) -> Any:
    """Return what a Variable holds, without reading it."""
    return variable._data  # noqa: SLF001 - the public attribute would read it


def below(data: Any) -> RangedArray | None:
    """Return the array of ours that xarray's wrappers are around, if it is one of ours."""
    while isinstance(data, _WRAPPERS) and not isinstance(data, BackendArray):
        data = getattr(data, "array", None)
    return data if isinstance(data, RangedArray) else None


def _over(data: Any, stand_in: _StandIn) -> Any:
    """Return xarray's wrappers with something else below them; the originals, which may cache, stay as they are."""
    if isinstance(data, BackendArray):
        return stand_in
    wrapper = copy.copy(data)
    wrapper.array = _over(data.array, stand_in)
    return wrapper
