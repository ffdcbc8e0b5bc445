"""Check HDF5's global heaps before HDF5 reads them.

Over a corrupt heap the library walks in place forever, and no one can stop it. A heap is a short list of sized objects;
whether the walk through it ends is quickly seen. Source: HDF5 File Format Specification 3.0, III.E.
"""

from __future__ import annotations

import struct

from phistac.errors import FormatError

__all__ = ["HEAP", "check_heap", "check_lengths", "heap_size"]

HEAP = b"GCOL"
"""How a global heap collection begins."""

_HEAD = 16
"""Bytes of a collection's header, and of each object's."""

_EIGHT = 8
_SIZES_AT = {0: 13, 1: 13, 2: 9, 3: 9}
"""Version of the superblock -> where it says how wide offsets and lengths are."""


def check_lengths(superblock: bytes, path: str) -> None:
    """Check that offsets and lengths have eight bytes, as in every file of netCDF-4.

    Raises
    ------
    FormatError
        If they have not: what follows would be read wrongly.
    """
    at = _SIZES_AT.get(superblock[8]) if len(superblock) > _HEAD else None
    if superblock[:8] != b"\x89HDF\r\n\x1a\n" or at is None or superblock[at : at + 2] != bytes((_EIGHT, _EIGHT)):
        raise FormatError(f"{path} is not a netCDF-4 file")


def heap_size(head: bytes) -> int:
    """Return how many bytes a collection says it has, from its first sixteen."""
    return int(struct.unpack_from("<Q", head, 8)[0])


def check_heap(heap: bytes, path: str) -> None:
    """Check that the walk through a collection ends at its end.

    Parameters
    ----------
    heap : bytes
        The whole collection.
    path : str
        Of the object, for the error.

    Raises
    ------
    FormatError
        If an object of it has no size, or one that leads out of it.
    """
    at = _HEAD
    while at + _HEAD <= len(heap):
        number, size = struct.unpack_from("<H6xQ", heap, at)
        step = size if number == 0 else _HEAD + -(-size // _EIGHT) * _EIGHT
        if step < _HEAD or at + step > len(heap):
            raise FormatError(f"{path}: a heap in it is corrupt")
        at += step
