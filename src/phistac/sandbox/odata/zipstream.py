"""Zip archives made while they are sent: stored, never in memory, of a length known beforehand.

Layout of PKWARE's APPNOTE 6.3.9: local header, bytes, data descriptor for each file; central directory at the end;
zip64 where a size or an offset needs it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Entry", "file_entry", "zip_chunks", "zip_size"]

_FLAGS = 0x0808  # data descriptor follows; names are UTF-8
_DATE = 0x0021  # 1980-01-01: the same tree makes the same archive
_LIMIT = 0xFFFFFFFF
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive: its name, its size, and how to get its bytes."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


def file_entry(name: str, path: Path) -> Entry:
    """Return an entry that is read from a file when its turn comes."""
    return Entry(name, path.stat().st_size, lambda: _read(path))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def zip_size(entries: Sequence[Entry]) -> int:
    """Return the length of the archive in bytes."""
    offset, directory = 0, 0
    for entry in entries:
        directory += len(_central(entry, 0, offset))
        offset += len(_local(entry)) + entry.size + len(_descriptor(entry, 0))
    return offset + directory + len(_end(len(entries), directory, offset))


def zip_chunks(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Yield the archive.

    Raises
    ------
    FormatError
        If a file gives more or fewer bytes than its size; the archive breaks off there.
    """
    offset, directory = 0, []
    for entry in entries:
        yield _local(entry)
        crc, sent = 0, 0
        for chunk in entry.chunks():
            crc, sent = zlib.crc32(chunk, crc), sent + len(chunk)
            yield chunk
        if sent != entry.size:
            raise FormatError(f"{entry.name} has {sent} bytes, not {entry.size}")
        yield _descriptor(entry, crc)
        directory.append(_central(entry, crc, offset))
        offset += len(_local(entry)) + entry.size + len(_descriptor(entry, crc))
    records = b"".join(directory)
    yield records + _end(len(entries), len(records), offset)


def _big(entry: Entry) -> bool:
    return entry.size >= _LIMIT


def _local(entry: Entry) -> bytes:
    name = entry.name.encode()
    size, extra = 0, b""
    if _big(entry):
        size, extra = _LIMIT, struct.pack("<HHQQ", 1, 16, entry.size, entry.size)
    version = 45 if extra else 20
    head = struct.pack("<IHHHHHIIIHH", 0x04034B50, version, _FLAGS, 0, 0, _DATE, 0, size, size, len(name), len(extra))
    return head + name + extra


def _descriptor(entry: Entry, crc: int) -> bytes:
    return struct.pack("<IIQQ" if _big(entry) else "<IIII", 0x08074B50, crc, entry.size, entry.size)


def _central(entry: Entry, crc: int, offset: int) -> bytes:
    name = entry.name.encode()
    large = [value for value in (entry.size, entry.size, offset) if value >= _LIMIT]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, version = min(entry.size, _LIMIT), 45 if large else 20
    head = struct.pack("<IHHHHHHIII", 0x02014B50, version, version, _FLAGS, 0, 0, _DATE, crc, size, size)
    rest = struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0o100644 << 16, min(offset, _LIMIT))
    return head + rest + name + extra


def _end(count: int, directory: int, offset: int) -> bytes:
    tail = b""
    if count > 0xFFFE or directory >= _LIMIT or offset >= _LIMIT:
        tail += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, directory, offset)
        tail += struct.pack("<IIQI", 0x07064B50, 0, offset + directory, 1)
    shown = min(count, 0xFFFF)
    sizes = (min(directory, _LIMIT), min(offset, _LIMIT))
    return tail + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, shown, shown, *sizes, 0)
