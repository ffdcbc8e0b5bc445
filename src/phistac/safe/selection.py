"""Selections along one axis: what xarray's outer indexing asks for, made concrete.

Outer indexing gives every axis its own key: an integer, a slice, or an array of integers in any order, with repeats. A
reader needs three things from it: which indices, where runs of neighbors are (one range instead of many), and how to
cut what it read down to what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AxisKey", "Indices", "Key", "dropped", "indices", "locate", "runs"]

AxisKey: TypeAlias = "int | np.integer | slice | np.ndarray[tuple[int], np.dtype[np.integer]]"
Key: TypeAlias = tuple[AxisKey, ...]
Indices: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]


def indices(key: AxisKey, size: int) -> Indices:
    """Return the indices that a key selects from an axis.

    Parameters
    ----------
    key : int, slice or array of int
        As in numpy; negative ones count from the end.
    size : int
        Length of the axis.

    Returns
    -------
    int64 array, shape (n,)
        Between 0 and ``size``; of length 1 for an integer.

    Raises
    ------
    IndexError
        If one of them is out of bounds.

    Examples
    --------
    >>> indices(slice(-3, None), 10).tolist()
    [7, 8, 9]
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(size), dtype=np.int64)
    found = np.atleast_1d(np.asarray(key)).astype(np.int64)
    found = np.where(found < 0, found + size, found)
    if found.size and (found.min() < 0 or found.max() >= size):
        raise IndexError(f"index out of bounds for an axis of {size}")
    return found


def runs(sorted_indices: Indices) -> list[tuple[int, int]]:
    """Return runs of neighbors as half-open pairs, from sorted indices without repeats.

    Examples
    --------
    >>> runs(np.array([0, 1, 2, 7, 8]))
    [(0, 3), (7, 9)]
    """
    if sorted_indices.size == 0:
        return []
    breaks = np.flatnonzero(np.diff(sorted_indices) != 1)
    starts = sorted_indices[np.concatenate(([0], breaks + 1))]
    stops = sorted_indices[np.concatenate((breaks, [sorted_indices.size - 1]))] + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def locate(wanted: Indices, origin: int) -> slice | Indices:
    """Return how to cut ``wanted`` out of an axis that was read from ``origin`` on: a slice where one will do.

    Examples
    --------
    >>> locate(np.array([5, 6, 7]), 5)
    slice(0, 3, None)
    """
    if wanted.size and bool((np.diff(wanted) == 1).all()):
        return slice(int(wanted[0]) - origin, int(wanted[-1]) - origin + 1)
    return wanted - origin


def dropped(key: Sequence[AxisKey]) -> tuple[int | slice, ...]:
    """Return the index that drops the axes which integers selected."""
    return tuple(0 if isinstance(part, int | np.integer) else slice(None) for part in key)
