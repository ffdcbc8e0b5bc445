"""Where the files of a zipped product lie in the zip, and how ranges of them are read by ranges of it.

A *stored* member is a byte range of the zip, so any range of it is too. A *deflated* one has no such ranges: it is
inflated from its start as far as wanted, piece by piece, so that memory stays bounded whatever the zip claims.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phistac.errors import FormatError, NotFoundError
from phistac.safe.byteranges import ByteRange, together
from phistac.safe.manifest import MANIFEST_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phistac.safe.byteranges import Indexer

__all__ = ["HEADER_SIZE", "Member", "data_start", "product_roots", "read_members"]

HEADER_SIZE = 30
"""Bytes of a local file header before the name (APPNOTE.TXT 4.3.7)."""

_SIGNATURE = b"PK\x03\x04"
_STREAMED = 0x08
_DESCRIPTORS = (12, 16, 20, 24)
"""Bytes after a member whose sizes were not known when its header was written (4.3.9), by variant."""
_STEP = 16 << 20
"""Compressed bytes that are fetched at once."""
_CHUNK = 4 << 20
"""Inflated bytes that are looked at at once."""
_SLACK = 2 * 65535
"""Most bytes of name and extra field of a local header."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip, as the central directory has it.

    Attributes
    ----------
    size, packed : int
        Bytes of the file, and of what the zip holds of it.
    deflated : bool
        Whether it must be inflated.
    header : int
        Where its local header begins.
    limit : int
        Where whatever comes next begins: another header, or the central directory.
    crc : int
        CRC-32 of the file.
    start : int or None
        Where its bytes begin, if its local header was read.
    """

    size: int
    packed: int
    deflated: bool
    header: int
    limit: int
    crc: int
    start: int | None = None


def product_roots(names: Iterable[str]) -> list[str]:
    """Return the folders of the products in a zip: those with a manifest, the outermost ones only.

    The folder's name need not be that of the zip, nor need it be outermost itself.

    Raises
    ------
    NotFoundError
        If there is none.

    Examples
    --------
    >>> product_roots(["safe/X.SAFE/manifest.safe", "safe/X.SAFE/preview/manifest.safe"])
    ['safe/X.SAFE']
    """
    found = {name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in MANIFEST_NAMES}
    if not found:
        raise NotFoundError("no product in the zip", remedy=f"No file in it is called {' or '.join(MANIFEST_NAMES)}.")
    inner = {name for name in found if any(name != other and name.startswith(f"{other}/") for other in found)}
    return [""] if "" in found else sorted(found - inner)


def data_start(path: str, member: Member, head: bytes) -> int:
    """Return where the bytes of a member begin, from the first 30 of its local header.

    Raises
    ------
    FormatError
        If that is no local header, or what it says does not lead to what comes next.
    """
    if len(head) >= HEADER_SIZE and head[:4] == _SIGNATURE:
        flags, name, extra = struct.unpack_from("<6xH18xHH", head)
        start = int(member.header + HEADER_SIZE + name + extra)
        if member.limit - start - member.packed in (_DESCRIPTORS if flags & _STREAMED else (0,)):
            return start
    raise FormatError(
        f"{path}: there is no file of {member.packed} bytes at {member.header}",
        remedy="The zip is broken, hostile, or was replaced meanwhile. If other programs can, unpack it.",
    )


def read_members(zipped: str, members: Mapping[str, Member], wanted: Sequence[ByteRange]) -> Indexer[list[bytes]]:
    """Read ranges of members, in order, by ranges of the zip.

    Parameters
    ----------
    zipped : str
        Path of the zip.
    members : mapping of str to Member
        By name.
    wanted : sequence of ByteRange
        Ranges inside members. The sinks of stored ones go along.

    Returns
    -------
    list of bytes
        One for each range, in order; :data:`~phistac.safe.byteranges.POURED` for those whose sink has had every byte.

    Raises
    ------
    NotFoundError
        If there is no such member.
    FormatError
        If a member ends before a range does, or its bytes are not those that the zip says.
    """
    spans: dict[str, list[ByteRange]] = {}
    for one in wanted:
        spans.setdefault(one.path, []).append(one)
    readers = [_member(zipped, name, members, asked) for name, asked in spans.items()]
    found = dict(zip(spans, (yield from together(readers)), strict=True))
    parts = {name: iter(pieces) for name, pieces in found.items()}
    return [next(parts[one.path]) for one in wanted]


def _member(zipped: str, name: str, members: Mapping[str, Member], asked: Sequence[ByteRange]) -> Indexer[list[bytes]]:
    member = members.get(name)
    if member is None:
        raise NotFoundError(f"{zipped} has no {name!r}", remedy="The product is not whole, or the name is wrong.")
    if any(one.stop > member.size for one in asked):
        raise FormatError(f"{name} in {zipped} has {member.size} bytes, fewer than asked for")
    if member.deflated:
        return (yield from _inflated(zipped, name, member, asked))
    if member.start is None:
        return (yield from _with_header(zipped, name, member, asked))
    begin = member.start
    return list((yield [ByteRange(zipped, begin + one.start, begin + one.stop, one.sink) for one in asked]))


def _with_header(zipped: str, name: str, member: Member, asked: Sequence[ByteRange]) -> Indexer[list[bytes]]:
    """Read a stored member whole, its header along with it: small ones, once."""
    (block,) = yield [ByteRange(zipped, member.header, _end(member))]
    begin = data_start(zipped, member, block)
    data = block[begin - member.header : begin - member.header + member.packed]
    if zlib.crc32(data) != member.crc:
        raise _broken(zipped, name)
    return [data[one.start : one.stop] for one in asked]


def _inflated(zipped: str, name: str, member: Member, asked: Sequence[ByteRange]) -> Indexer[list[bytes]]:
    inflater = _Inflater(zipped, name, member, asked)
    at, end = member.header, _end(member)
    while not inflater.done:
        if at >= end:
            raise _broken(zipped, name)
        (piece,) = yield [ByteRange(zipped, at, min(at + _STEP, end))]
        if at == member.header:
            begin = data_start(zipped, member, piece)
            end = begin + member.packed
            piece, at = piece[begin - at : end - at], max(begin, at + len(piece))
        else:
            at += len(piece)
        inflater.feed(piece)
    return [bytes(part) for part in inflater.parts]


@dataclass(slots=True)
class _Inflater:
    """Inflates a member front to back and keeps what was asked for, no more."""

    zipped: str
    name: str
    member: Member
    asked: Sequence[ByteRange]
    parts: list[bytearray] = field(init=False)
    _stream: zlib._Decompress = field(init=False)
    _at: int = 0
    _crc: int = 0

    def __post_init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self.parts = [bytearray() for _ in self.asked]

    @property
    def done(self) -> bool:
        """Whether all that was asked for is there."""
        return self._at >= max(one.stop for one in self.asked)

    def feed(self, packed: bytes) -> None:
        """Take the next compressed bytes.

        Raises
        ------
        FormatError
            If they cannot be inflated, or become something else than the zip says.
        """
        while not self.done:
            try:
                data = self._stream.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise _broken(self.zipped, self.name) from error
            if not data and self._stream.eof:
                raise _broken(self.zipped, self.name)
            if not data:
                return
            packed = self._stream.unconsumed_tail
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        start, self._at = self._at, self._at + len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._at > self.member.size or (self._at == self.member.size and self._crc != self.member.crc):
            raise _broken(self.zipped, self.name)
        for one, part in zip(self.asked, self.parts, strict=True):
            part.extend(data[max(0, one.start - start) : max(0, one.stop - start)])


def _end(member: Member) -> int:
    """Return where a member ends at the latest: before what comes next, unless that is absurdly far."""
    return max(member.header, min(member.limit, member.header + HEADER_SIZE + _SLACK + member.packed))


def _broken(zipped: str, name: str) -> FormatError:
    return FormatError(f"{name} in {zipped} is broken: not the bytes that the zip promises", remedy="Get the zip anew.")
