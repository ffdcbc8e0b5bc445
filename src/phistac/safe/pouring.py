"""Numbers that are made of bytes as these come, piece by piece, while more is on the wire.

An image of 160 MB need not be here whole before the first of its samples is converted: what comes is written where it
belongs, and what is left of memory and time is the array itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from phistac.safe.byteranges import Sink

__all__ = ["Numbers"]


class Numbers:
    """An array filled from pieces of a file, in any order, cut anywhere, even within a number.

    Parameters
    ----------
    count : int
        How many numbers.
    stored : numpy.dtype
        What they are in the file, byte order included.
    kept : numpy.dtype
        What they become.
    rows : array, shape (rows, columns), optional
        Where they go, row by row: part of an array that is there already. Of ``count`` numbers in all.

    Examples
    --------
    >>> numbers = Numbers(2, np.dtype("<i2"), np.dtype("f4"))
    >>> sink = numbers.sink(0)
    >>> sink(3, memoryview(bytes([1])))
    >>> sink(0, memoryview(bytes([1, 0, 2])))
    >>> numbers.values.tolist()
    [1.0, 258.0]
    """

    def __init__(
        self, count: int, stored: np.dtype[Any], kept: np.dtype[Any], rows: np.ndarray[Any, Any] | None = None
    ) -> None:
        self.values: np.ndarray[Any, Any] = np.empty(count, kept) if rows is None else rows
        """Of shape (count,), or the rows given; what no byte has come for is not yet anything."""
        self._rows = self.values.reshape(1, count) if rows is None else rows
        self._stored = stored
        self._parted: dict[int, dict[int, int]] = {}

    def sink(self, origin: int) -> Sink:
        """Return what takes the pieces of a range that begins ``origin`` bytes into the numbers."""
        return partial(self._write, origin)

    def _write(self, origin: int, offset: int, data: memoryview) -> None:
        at, size = origin + offset, self._stored.itemsize
        before = min(-at % size, len(data))
        count, after = divmod(len(data) - before, size)
        if before:
            self._part(at, data[:before])
        if count:
            self._put((at + before) // size, np.frombuffer(data, self._stored, count, before))
        if after:
            self._part(at + len(data) - after, data[len(data) - after :])

    def _put(self, first: int, found: np.ndarray[Any, Any]) -> None:
        """Write numbers from the ``first``-th on; a row may end among them."""
        done = 0
        while done < found.size:
            row, column = divmod(first + done, self._rows.shape[1])
            count = min(found.size - done, self._rows.shape[1] - column)
            self._rows[row, column : column + count] = found[done : done + count]
            done += count

    def _part(self, at: int, data: memoryview) -> None:
        """Keep the bytes of a number that was cut, until all of them are here."""
        for byte, value in enumerate(data, at):
            number, place = divmod(byte, self._stored.itemsize)
            known = self._parted.setdefault(number, {})
            known[place] = value
            if len(known) == self._stored.itemsize:
                whole = bytes(known[place] for place in range(len(known)))
                self._put(number, np.frombuffer(whole, self._stored))
