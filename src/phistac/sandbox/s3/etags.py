"""ETags of files: the MD5 of small objects, as S3 gives them, and an opaque ``hex-N`` of large ones.

A real ETag of an object uploaded in N parts is the MD5 of the parts' MD5s, and ``-N``; a client cannot check it without
knowing the parts. Ours has that shape but is cheap, so that the first HEAD of a gigabyte does not read a gigabyte:
each part of 8 MiB is represented by its first and last 4 KiB, and size and modification time go in besides. So it
changes whenever the file is written. Each file is hashed once and again when its size, time or inode change.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["PART", "ETags", "etag"]

PART = 8 << 20
_SAMPLE = 4096


def etag(path: Path, status: os.stat_result, *, mask: int = 0) -> str:
    """Return the ETag of a file, without quotes.

    Parameters
    ----------
    path : Path
        A regular file.
    status : os.stat_result
        Its status.
    mask : int
        Every byte of the object is the file's XOR this: how an object is made another one.
    """
    table = bytes(byte ^ mask for byte in range(256))
    with path.open("rb") as file:
        if status.st_size <= PART:
            return _md5(file.read().translate(table)).hexdigest()
        whole = _md5(f"{status.st_size} {status.st_mtime_ns}".encode())
        parts = range(0, status.st_size, PART)
        for start in parts:
            file.seek(start)
            whole.update(_md5(file.read(_SAMPLE).translate(table)).digest())
            file.seek(max(start, min(start + PART, status.st_size) - _SAMPLE))
            whole.update(_md5(file.read(_SAMPLE).translate(table)).digest())
    return f"{whole.hexdigest()}-{len(parts)}"


class ETags:
    """ETags, each computed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int], tuple[tuple[int, int, int], str]] = {}

    def of(self, path: Path, status: os.stat_result, *, mask: int = 0) -> str:
        """Return the ETag of a file, without quotes; from memory where the file is as it was."""
        version = (status.st_size, status.st_mtime_ns, status.st_ino)
        known = self._known.get((path, mask))
        if known is not None and known[0] == version:
            return known[1]
        value = etag(path, status, mask=mask)
        self._known[path, mask] = (version, value)
        return value


def _md5(data: bytes) -> hashlib._Hash:
    return hashlib.md5(data, usedforsecurity=False)
