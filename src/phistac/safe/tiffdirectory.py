"""The directory of a TIFF, read from byte ranges: the few tags that say where pixels lie and what they are.

TIFF libraries want a file; here the bytes arrive in batches, from wherever they are, and the fewer batches the better.
So the directory is walked here, whatever it claims is checked before a byte of it is fetched or allocated, and the rest
(decompression) is the library's. Structure: TIFF revision 6.0, section 2; BigTIFF: the same with 64-bit offsets.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from phistac.errors import FormatError
from phistac.safe.byteranges import ByteRange

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

__all__ = ["Directory", "TiffBytes", "read_directory"]

Values: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

_WANTED = frozenset((256, 257, 258, 259, 266, 273, 277, 278, 279, 317, 322, 323, 324, 325, 339, 42113))
_TEXT = 42113
"""GDAL's no-data value, a text; all other wanted tags are numbers."""
_TYPES = {3: "u2", 4: "u4", 16: "u8"}
_AHEAD = 16 * 1024
"""Bytes to read beyond what is certain: a directory and its short arrays most often lie together."""
_MOST_ENTRIES = 4096
"""A directory of ESA's has 20 entries, one of GDAL's as many; a forged number must not become megabytes."""


class TiffBytes:
    """Bytes of the file that are here already, and the way to ask for more."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, size
        self.known: list[tuple[int, bytes]] = []

    def load(self, spans: Sequence[tuple[int, int]]) -> Generator[Sequence[ByteRange], Sequence[bytes], None]:
        """Ask for several spans at once; raises FormatError if one leaves the file."""
        if any(stop > self.size for _, stop in spans):
            raise FormatError(f"{self.path} is cut off: its directory points behind its {self.size} bytes")
        if not spans:
            return
        parts = yield [ByteRange(self.path, start, stop) for start, stop in spans]
        self.known.extend((start, part) for (start, _), part in zip(spans, parts, strict=True))

    def found(self, start: int, stop: int) -> bytes | None:
        """Return bytes that are here, else ``None``."""
        for origin, data in self.known:
            if origin <= start and stop <= origin + len(data):
                return data[start - origin : stop - origin]
        return None

    def get(self, start: int, stop: int) -> Generator[Sequence[ByteRange], Sequence[bytes], bytes]:
        """Return bytes, and ask for them first if need be, and for some behind them."""
        if self.found(start, stop) is None:
            yield from self.load([(start, max(stop, min(self.size, start + _AHEAD)))])
        return self.here(start, stop)

    def here(self, start: int, stop: int) -> bytes:
        """Return bytes that must be here by now."""
        found = self.found(start, stop)
        if found is None or len(found) != stop - start:
            raise FormatError(f"{self.path}: bytes {start} to {stop} did not come whole")
        return found


@dataclass(frozen=True, slots=True)
class Directory:
    """The wanted tags of the first image of a file.

    Attributes
    ----------
    path : str
        Of the file, for errors.
    order : str
        ``<`` or ``>``.
    tags : mapping of int to int64 array
        The numbers of each tag that is there.
    fill : str
        What GDAL's no-data tag says; empty without one.
    """

    path: str
    order: str
    tags: Mapping[int, Values]
    fill: str = ""

    def one(self, number: int, default: int | None = None) -> int:
        """Return the only value of a tag; raises FormatError if it has another number of values."""
        values = self.tags.get(number)
        if values is None and default is not None:
            return default
        if values is None or values.size != 1:
            raise FormatError(f"{self.path}: tag {number} is missing or has more than one value")
        return int(values[0])


def read_directory(reader: TiffBytes, *, most: int) -> Generator[Sequence[ByteRange], Sequence[bytes], Directory]:
    """Read the first directory of a file whose first 16 bytes are here.

    Parameters
    ----------
    reader : TiffBytes
        The file.
    most : int
        Values that a tag can have at most: the number of blocks that the image can be made of.

    Yields
    ------
    list of ByteRange
        What is not here yet: the table, then all arrays of it together.

    Returns
    -------
    Directory
        Its wanted tags.

    Raises
    ------
    FormatError
        If it is no TIFF, points out of itself, or is malformed.
    """
    order, big, offset = _header(reader.path, reader.here(0, 16))
    if not 8 <= offset < reader.size - 2:  # noqa: PLR2004 - the header's length
        raise FormatError(f"{reader.path}: its directory would be at byte {offset} of {reader.size}")
    count, head, entry = ("Q", 8, "HHQ8s") if big else ("H", 2, "HHI4s")
    (entries,) = struct.unpack(order + count, (yield from reader.get(offset, offset + head)))
    if entries > _MOST_ENTRIES:
        raise FormatError(f"{reader.path}: a directory of {entries} entries")
    stop = offset + head + entries * struct.calcsize(order + entry)
    table = yield from reader.get(offset + head, stop)
    fields = _fields(reader, order, list(struct.iter_unpack(order + entry, table)), most)
    yield from reader.load([(start, start + nbytes) for _, _, start, nbytes, data in fields if data is None])
    tags: dict[int, Values] = {}
    fill = ""
    for number, kind, start, nbytes, inline in fields:
        data = reader.here(start, start + nbytes) if inline is None else inline
        if number == _TEXT:
            fill = data.split(b"\0")[0].decode("ascii", "replace").strip()
        else:
            tags[number] = np.frombuffer(data, order + _TYPES[kind]).astype(np.int64)
    return Directory(reader.path, order, tags, fill)


_Field: TypeAlias = "tuple[int, int, int, int, bytes | None]"


def _fields(reader: TiffBytes, order: str, table: Sequence[tuple[int, int, int, bytes]], most: int) -> list[_Field]:
    """Return (tag, type, start, bytes, data) of the wanted entries; ``data`` is ``None`` if it is not here yet."""
    fields: list[_Field] = []
    for number, kind, count, inline in table:
        if number not in _WANTED:
            continue
        width = 1 if number == _TEXT and kind == 2 else np.dtype(_TYPES.get(kind, "V0")).itemsize  # noqa: PLR2004 - ASCII
        if not width or not 1 <= count <= most or number in {field[0] for field in fields}:
            raise FormatError(f"{reader.path}: tag {number} is malformed")
        nbytes = count * width
        (start,) = struct.unpack(order + ("I" if len(inline) == 4 else "Q"), inline)  # noqa: PLR2004 - classic
        data = inline[:nbytes] if nbytes <= len(inline) else reader.found(start, start + nbytes)
        fields.append((number, kind, start, nbytes, data))
    return fields


def _header(path: str, head: bytes) -> tuple[str, bool, int]:
    """Return byte order, whether it is a BigTIFF, and where its first directory is."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
    if not order:
        raise FormatError(f"{path} is not a TIFF")
    magic, width, zero, offset = struct.unpack(order + "HHHQ", head[2:])
    if magic == 42:  # noqa: PLR2004 - TIFF's magic number
        return order, False, struct.unpack(order + "I", head[4:8])[0]
    if (magic, width, zero) != (43, 8, 0):
        raise FormatError(f"{path} is not a TIFF")
    return order, True, offset
