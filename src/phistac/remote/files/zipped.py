"""A zipped product as a filesystem, read by ranges of the zip wherever that is.

The central directory is read once, when the product is opened, and travels as a value: no handle stays open, any
number of threads may read, and a zip that was replaced meanwhile is noticed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fsspec.archive import AbstractArchiveFileSystem

from phistac.errors import ChangedObjectError, NotFoundError, PhistacError
from phistac.remote.files.bufferedfile import RangedFile
from phistac.remote.files.enclosed import Enclosed
from phistac.remote.files.filesystem import CdseFileSystem
from phistac.remote.files.readonly import ReadOnly, refuse
from phistac.remote.files.zipdirectory import version_of
from phistac.remote.ranges.gets import check_size
from phistac.remote.ranges.ranges import fetch
from phistac.safe.byteranges import ByteRange, answer
from phistac.safe.zipped import read_members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.remote.files.zipdirectory import ZippedProduct

__all__ = ["ZippedFileSystem"]


class ZippedFileSystem(Enclosed, ReadOnly, AbstractArchiveFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The files of a zipped product, paths relative to its root.

    Parameters
    ----------
    outer : fsspec filesystem
        Where the zip is.
    path : str
        Its name there.
    product : ZippedProduct
        What is in it.
    """

    protocol = "zip"
    cachable = False

    def __init__(self, outer: Any, path: str, product: ZippedProduct) -> None:
        super().__init__()
        self.outer, self.path, self.product = outer, path, product
        self.dir_cache: dict[str, dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.product.root!r} in {self.path}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.outer, self.path, self.product)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).strip("/")

    def _get_dirs(self) -> None:
        if self.dir_cache:
            return
        folders = self._all_dirnames(self.product.members)
        found = {name: {"name": name, "size": 0, "type": "directory"} for name in folders}
        files = {name: {"name": name, "size": one.size, "type": "file"} for name, one in self.product.members.items()}
        self.dir_cache = found | files

    def located(self, ranges: Sequence[ByteRange]) -> tuple[ByteRange, ...]:
        """Return the ranges of the zip for ranges of members; of deflated ones the first piece."""
        return tuple(next(read_members(self.path, self.product.members, ranges), ()))

    def fetch(
        self, ranges: Sequence[ByteRange], *, root: str = "", sizes: Mapping[str, int] | None = None
    ) -> list[bytes]:
        """Fetch ranges of members, all of them planned together."""
        for path in (sizes or {}).keys() & {one.path for one in ranges}:
            check_size(path, self.info(f"{root}/{path}")["size"], (sizes or {})[path])
        return self._read([replace(one, path=self._strip_protocol(f"{root}/{one.path}")) for one in ranges])

    def cat_ranges(
        self,
        paths: Sequence[str],
        starts: Any,
        ends: Any,
        max_gap: int | None = None,
        on_error: str = "return",
        **_: Any,
    ) -> list[Any]:
        """Read ranges of members, all of them planned together."""
        del max_gap  # the plan says what pays
        starts, ends = ([one] * len(paths) if one is None or isinstance(one, int) else one for one in (starts, ends))
        try:
            asked = [self._range(path, start, end) for path, start, end in zip(paths, starts, ends, strict=True)]
            return self._read(asked)
        except (OSError, PhistacError) as error:
            if on_error == "raise":
                raise
            return [error] * len(paths)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Read a member or a range of it."""
        return self._read([self._range(path, start, end)])[0]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return the entry of a member or a folder."""
        try:
            found: dict[str, Any] = super().info(path)
        except FileNotFoundError as error:
            raise NotFoundError(f"{self.path} has no {path!r}", remedy="The product is not whole.") from error
        return found

    def _open(self, path: str, mode: str = "rb", **options: Any) -> RangedFile:
        if mode != "rb":
            refuse(self, f"open {path} for writing ({mode})")
        return RangedFile(self, path, **options)

    def _range(self, path: str, start: int | None, end: int | None) -> ByteRange:
        name = self._strip_protocol(path)
        start, stop, _ = slice(start, end).indices(self.info(name)["size"])
        return ByteRange(name, start, max(start, stop))

    def _read(self, asked: Sequence[ByteRange]) -> list[bytes]:
        known = isinstance(self.outer, CdseFileSystem)
        if not known:
            _same(self.path, self.product.version, version_of(self.outer.info(self.path)))
        etags = {self.path: self.product.etag} if known and self.product.etag else None
        sizes = {self.path: int(self.product.version[0])} if known else None
        return answer(
            read_members(self.path, self.product.members, asked),
            lambda wanted: fetch(self.outer, wanted, etags=etags, sizes=sizes),
        )


def _same(path: str, expected: tuple[str, ...], found: tuple[str, ...]) -> None:
    if found != expected:
        raise ChangedObjectError(f"{path} is not the zip that was opened", remedy="It was replaced; open it anew.")
