"""HDF5's filter pipeline, backwards: from the bytes of a chunk to its numbers.

Only what netCDF-4 files of Sentinel missions use: deflate and byte shuffle, and a Fletcher-32 checksum at the end.
Source: HDF5 File Format Specification 3.0, IV.A.2.l (filter identifiers 1, 2 and 3).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEFLATE", "FLETCHER32", "SHUFFLE", "decode_chunk"]

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
_NAMES = {4: "SZIP", 5: "N-bit", 6: "scale-offset", 32001: "Blosc", 32015: "Zstandard"}
_LARGEST = 1 << 30
"""Bytes of one chunk: no product comes near it; a forged size must not become a gigabyte of memory."""


def decode_chunk(
    data: bytes, *, filters: Sequence[int], mask: int, shape: tuple[int, ...], dtype: np.dtype[Any], name: str
) -> np.ndarray[Any, Any]:
    """Return the numbers of one chunk.

    Parameters
    ----------
    data : bytes
        As it lies in the file.
    filters : sequence of int
        Identifiers, in the order in which they were applied.
    mask : int
        Bit i says that filter i was left out for this chunk.
    shape : tuple of int
        Of a whole chunk.
    dtype : numpy.dtype
        As in the file, with its byte order.
    name : str
        What to call the chunk in an error.

    Returns
    -------
    array
        Of the given shape.

    Raises
    ------
    FormatError
        If a filter is unknown, the data is corrupt, or there is more or less of it than the chunk holds.
    """
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if not 0 < size <= _LARGEST:
        raise FormatError(f"{name}: a chunk of {size} bytes")
    for number, kind in reversed(list(enumerate(filters))):
        if mask >> number & 1:
            continue
        if kind == DEFLATE:
            data = _inflate(data, size + 4, name)  # 4: room for a checksum below the compression
        elif kind == SHUFFLE:
            data = _unshuffle(data, dtype.itemsize)
        elif kind == FLETCHER32:
            data = data[:-4]  # not verified: deflate has a checksum of its own
        else:
            raise FormatError(f"{name}: compressed with {_NAMES.get(kind, f'filter {kind}')}, which is not read here")
    if len(data) != size:
        raise FormatError(f"{name}: {len(data)} bytes where a chunk has {size}")
    return np.frombuffer(data, dtype).reshape(shape)


def _inflate(data: bytes, largest: int, name: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, largest + 1)
    except zlib.error as error:
        raise FormatError(f"{name}: corrupt data ({error})") from error
    if len(plain) > largest or not stream.eof:
        raise FormatError(f"{name}: its compressed data is cut off, or more than a chunk holds")
    return plain


def _unshuffle(data: bytes, itemsize: int) -> bytes:
    whole = len(data) // itemsize * itemsize
    columns = np.frombuffer(data, np.uint8, whole).reshape(itemsize, -1)
    return columns.T.tobytes() + data[whole:]
