"""The central directory of a zip: what it has of a product, and where."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from phistac.errors import ConfigurationError, FormatError, NotFoundError
from phistac.remote.files.bufferedfile import CdseFile, RangedFile
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.remote.ranges.bodies import unquoted
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange
from phistac.safe.paths import relative_path
from phistac.safe.zipped import HEADER_SIZE, Member, data_start, product_roots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ZippedProduct", "read_directory", "version_of"]

_LARGE = 1 << 16
"""Members from this size on are read in parts; smaller ones whole, with their header."""
_TAIL = 1 << 18
"""Bytes at the end of a zip that are read at once: the directory of any product fits."""
_ENCRYPTED = 1
_VERSION = ("ETag", "mtime", "LastModified", "last_modified", "created")
"""What filesystems call that which tells versions of a file apart; the first that there is counts."""
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class ZippedProduct:
    """What a zip has of one product: its central directory, and which zip that was.

    Attributes
    ----------
    members : mapping of str to Member
        By path relative to the product's root.
    root : str
        The product's folder in the zip.
    version : tuple of str
        Size, and what else the filesystem tells of this version of the zip: its ETag, when it was modified.
    etag : str or None
        For requests that must not be answered out of another version.
    """

    members: Mapping[str, Member] = field(repr=False)
    root: str
    version: tuple[str, ...]
    etag: str | None

    @property
    def deflated(self) -> tuple[str, ...]:
        """Members that take long to read in parts, since they must be inflated from their start."""
        return tuple(name for name, one in self.members.items() if one.deflated and one.size > 256 * _LARGE)


def read_directory(outer: Any, path: str, *, inner: str = "") -> ZippedProduct:
    """Read what a zip has of a product: its central directory, and where its large files begin.

    Parameters
    ----------
    outer : fsspec filesystem
        Where the zip is.
    path : str
        Its name there.
    inner : str
        The product's folder in it, if there are several.

    Raises
    ------
    NotFoundError
        If there is no such zip, or no product in it.
    FormatError
        If it is no zip that can be read.
    UnsafePathError
        If a name in it would lead out of it.
    ConfigurationError
        If it has more products than one and none was named.
    """
    try:
        info = outer.info(path)
    except FileNotFoundError as error:
        raise NotFoundError(f"no zip at {path}", remedy="Check the path.") from error
    try:
        with _opened(outer, path, info) as file, zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
            end = archive.start_dir
    except _UNREADABLE as error:
        if isinstance(error.__context__, OSError):  # zipfile takes a network that fails for a zip that is none
            raise error.__context__ from None
        raise FormatError(f"{path} is no zip that can be read: {error}", remedy="It may be cut off.") from error
    members = _members(path, listed, end)
    root = _root(path, members, inner.strip("/"))
    below = {
        name.removeprefix(f"{root}/"): one for name, one in members.items() if not root or name.startswith(f"{root}/")
    }
    product = ZippedProduct(below, root, version_of(info), unquoted(info.get("ETag")))
    return replace(product, members=_started(outer, path, product))


def _opened(outer: Any, path: str, info: Mapping[str, Any]) -> RangedFile:
    if isinstance(outer, CdseFileSystem):
        return CdseFile(outer, path, etag=info["ETag"], size=info["size"], block_size=_TAIL)
    return RangedFile(outer, path, block_size=_TAIL, size=info["size"])


def _members(path: str, listed: Sequence[zipfile.ZipInfo], end: int) -> dict[str, Member]:
    edges = sorted({one.header_offset for one in listed} | {end})
    after = dict(zip(edges, [*edges[1:], end], strict=True))
    members: dict[str, Member] = {}
    for one in listed:
        if one.is_dir():
            continue
        name = relative_path(one.filename)
        if name in members:
            raise FormatError(f"{path} has two files {name!r}", remedy="Which one is meant cannot be said.")
        if one.flag_bits & _ENCRYPTED or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(f"{name} in {path} is encrypted or packed in a rare way", remedy="Unpack the zip.")
        deflated = one.compress_type == zipfile.ZIP_DEFLATED
        limit = after[one.header_offset]
        if (not deflated and one.compress_size != one.file_size) or not 0 <= one.header_offset < limit:
            raise FormatError(f"{path}: what it says of {name} cannot be", remedy="The zip is broken or hostile.")
        members[name] = Member(one.file_size, one.compress_size, deflated, one.header_offset, limit, one.CRC)
    return members


def _root(path: str, members: Mapping[str, Member], inner: str) -> str:
    roots = product_roots(members)
    if inner or len(roots) == 1:
        return inner or roots[0]
    raise ConfigurationError(
        f"{path} has {len(roots)} products: {', '.join(roots[:5])}", remedy=f"Name one: zip://{roots[0]}::{path}"
    )


def _started(outer: Any, path: str, product: ZippedProduct) -> dict[str, Member]:
    large = {name: one for name, one in product.members.items() if not one.deflated and one.size >= _LARGE}
    headers = [ByteRange(path, one.header, one.header + HEADER_SIZE) for one in large.values()]
    heads = fetch(outer, headers, etags={path: product.etag} if product.etag else None)
    starts = {
        name: replace(one, start=data_start(path, one, head))
        for (name, one), head in zip(large.items(), heads, strict=True)
    }
    return {**product.members, **starts}


def version_of(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a filesystem tells of the version of a file: its size, and its ETag or when it was modified."""
    return str(info["size"]), str(next((info[name] for name in _VERSION if info.get(name) is not None), ""))
