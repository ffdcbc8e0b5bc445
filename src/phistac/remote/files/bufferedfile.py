"""An object as a file to seek and read in, for libraries that want one (h5py, zipfile)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractBufferedFile

from phistac.errors import NotFoundError

if TYPE_CHECKING:
    from phistac.remote.files.filesystem import CdseFileSystem

__all__ = ["CdseFile", "RangedFile"]

_BLOCK = 1 << 20
"""What a round trip of 50 ms costs at 20 MB/s: reading less saves no time."""


class RangedFile(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """A read-only file over a filesystem's ranged reads, its blocks cached.

    Parameters
    ----------
    fs : fsspec filesystem
        Where it lies.
    path : str
        Its name there.
    block_size, cache_type, **options
        As in fsspec; by default the last few blocks of 1 MiB are kept.
    """

    def __init__(
        self, fs: Any, path: str, block_size: int | None = None, cache_type: str = "blockcache", **options: Any
    ) -> None:
        options.pop("autocommit", None)
        options.pop("mode", None)
        super().__init__(fs, path, mode="rb", block_size=block_size or _BLOCK, cache_type=cache_type, **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = self.fs.cat_file(self.path, start=start, end=end)
        return data


class CdseFile(RangedFile):
    """A file over ranged GETs of the very object that was opened; another version of it raises ChangedObjectError.

    It pickles as its address and the object's ETag, without what it has read.
    """

    def __init__(self, fs: CdseFileSystem, path: str, *, etag: str | None = None, **options: Any) -> None:
        self._etag = etag
        super().__init__(fs, path, **options)  # one kind of cache reads the file here
        if self.details["type"] == "directory":
            raise NotFoundError(f"{path} is a directory, not an object", remedy="List it, and open what is in it.")
        self._etag = etag or self.details.get("ETag")
        self.kwargs["etag"] = self._etag  # fsspec pickles these

    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = self.fs.cat_file(self.path, start=start, end=end, if_match=self._etag or self.details.get("ETag"))
        return data
