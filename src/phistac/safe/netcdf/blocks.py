"""A file of which only some blocks are here: h5py reads it, and what is missing is told apart from what is broken."""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange
from phistac.safe.netcdf.heaps import HEAP, check_heap, heap_size

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["BLOCK", "Blocks"]

BLOCK = 256 * 1024
"""Bytes read at once when metadata lies beyond the first block."""


class Blocks(io.RawIOBase):
    """The known blocks of a file, as a file.

    Parameters
    ----------
    path : str
        Of the object, for errors and ranges.
    size : int
        Of the whole file.
    """

    def __init__(self, path: str, size: int) -> None:
        super().__init__()
        self.path, self.size = path, size
        self.missing: tuple[int, int] | None = None
        self._starts: list[int] = []
        self._parts: list[bytes] = []
        self._position = 0

    def load(self, start: int, stop: int) -> Generator[Sequence[ByteRange], Sequence[bytes], None]:
        """Ask for the unknown part of a span, and keep it."""
        while start < stop and (known := self._part(start)) is not None:
            start += len(known)
        following = bisect_right(self._starts, start)
        if following < len(self._starts):
            stop = min(stop, self._starts[following])
        (part,) = yield [ByteRange(self.path, start, stop)]
        self._starts.insert(following, start)
        self._parts.insert(following, part)

    def begin(self) -> None:
        """Go back to the start, with nothing missing."""
        self._position, self.missing = 0, None

    def span(self, start: int, stop: int) -> bytes | None:
        """Return the bytes of a span, or ``None`` if not all of them are here."""
        parts = []
        while start < stop:
            part = self._part(start)
            if part is None:
                return None
            parts.append(part[: stop - start])
            start += len(parts[-1])
        return b"".join(parts)

    def _part(self, position: int) -> bytes | None:
        number = bisect_right(self._starts, position) - 1
        if number < 0:
            return None
        return self._parts[number][position - self._starts[number] :] or None

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than the stub: h5py passes one
        """Fill a buffer, or note what is missing and fail; h5py hands the failure on."""
        start, stop = self._position, self._position + len(buffer)
        if stop > self.size:
            raise FormatError(f"{self.path} is cut off: it has {self.size} bytes, and points to byte {stop}")
        data = self._here(start, stop)
        if data[:4] == HEAP and len(data) >= 16:  # noqa: PLR2004 - the length of its header
            end = start + heap_size(data)
            if not start + 16 <= end <= self.size:
                raise FormatError(f"{self.path}: a heap in it is corrupt")
            check_heap(self._here(start, end), self.path)
        buffer[:] = data
        self._position = stop
        return len(data)

    def _here(self, start: int, stop: int) -> bytes:
        data = self.span(start, stop)
        if data is None:
            self.missing = (start, stop)
            raise OSError("not here yet")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as in any file."""
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True
