"""Whether LZW data can be decoded at all: looked at before it is, since the decoder trusts it.

imagecodecs (2026.3.6) reads outside its table, and the process ends, where a code stands for an entry that is not there
yet. Between two clearings of the table the width of every code and the size of the table follow from its position, so
all codes are read at once. Structure: TIFF revision 6.0, section 13.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_sound"]

_CLEAR, _END, _FIRST_ENTRY, _MOST_ENTRIES = 256, 257, 258, 4096


def is_sound(data: bytes) -> bool:
    """Say whether every code of LZW data is one that its table has by then.

    Parameters
    ----------
    data : bytes
        A strip or tile.

    Examples
    --------
    >>> is_sound(bytes([0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]))
    True
    >>> is_sound(bytes([0x80, 0x0B, 0x60, 0x70, 0x22, 0x0C, 0x0C, 0x85, 0x01]))
    False
    """
    if len(data) < 2 or data[0] << 1 | data[1] >> 7 != _CLEAR:  # noqa: PLR2004 - the first code has 9 bits
        return False
    octets = np.frombuffer(data + bytes(3), np.uint8).astype(np.uint32)
    starts, widths, newest = _layout()
    bit, end = 9, 8 * len(data)
    while True:
        count = int(np.searchsorted(starts + widths, end - bit, side="right"))
        at, width = bit + starts[:count], widths[:count]
        first = at >> 3
        words = octets[first] << 16 | octets[first + 1] << 8 | octets[first + 2]
        codes = (words >> (24 - (at & 7) - width)) & ((1 << width) - 1)
        stops = np.flatnonzero((codes == _CLEAR) | (codes == _END))
        used = int(stops[0]) if stops.size else count
        if bool((codes[:used] > newest[:used]).any()):
            return False
        if not stops.size:
            return count < starts.size  # cut off, which shows in what comes out; or a table without end
        if codes[used] == _END:
            return True
        bit = int(at[used] + width[used])


@cache
def _layout() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return, for each code after a clearing: the bit it begins at, its width, and the largest that it can be."""
    entries = np.arange(_FIRST_ENTRY - 1, _MOST_ENTRIES)  # before the first code, as if one had been taken back
    newest = entries.copy()
    newest[0] = _CLEAR - 1  # the first code is a value
    widths = np.select([entries < 511, entries < 1023, entries < 2047], [9, 10, 11], 12)  # noqa: PLR2004 - one early
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    return starts, widths, newest
