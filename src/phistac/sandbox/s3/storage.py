"""The archive as nanio's storage: read only, with ETags, with keys in S3's order.

nanio's own folder storage gives no ETag to files laid into its folder, refuses every symbolic link, and pages in the
order of folder names, by which it loses keys (``a-b`` sorts before ``a/b``, folder ``a`` before file ``a-b``). So nanio
keeps what it is here for, signatures, routes and documents, and this takes the place of its storage.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from nanio.errors import AccessDenied, InvalidArgument, NoSuchBucket, NoSuchKey
from nanio.storage.backend import BucketInfo, GetObjectResult, ListResult, ObjectInfo

from phistac.sandbox.s3.etags import ETags
from phistac.sandbox.s3.tree import locate, walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["ArchiveStorage"]

_CHUNK = 4 << 20
_PAGE = 1000


class ArchiveStorage:
    """One bucket, read only.

    Parameters
    ----------
    folder : Path
        The bucket's folder.
    bucket : str
        Its name.
    """

    def __init__(self, folder: Path, bucket: str) -> None:
        self._folder = folder.resolve()
        self._bucket = bucket
        self._etags = ETags()
        self._masks: dict[str, int] = {}
        self._gone: set[str] = set()

    def change(self, key: str) -> None:
        """Make an object another one: other bytes, another ETag, modified later."""
        self._masks[key] = self._masks.get(key, 0) % 255 + 1

    def remove(self, key: str) -> None:
        """Take an object away; its file stays."""
        self._gone.add(key)

    def restore(self) -> None:
        """Make changed objects what they were, and bring back those that were taken away."""
        self._masks.clear()
        self._gone.clear()

    def head_bucket(self, bucket: str) -> BucketInfo:
        """Describe the bucket."""
        if bucket != self._bucket:
            raise NoSuchBucket(resource=bucket)
        return BucketInfo(bucket, datetime.fromtimestamp(self._folder.stat().st_ctime, UTC))

    def list_buckets(self) -> list[BucketInfo]:
        """Describe the one bucket."""
        return [self.head_bucket(self._bucket)]

    def head_object(self, bucket: str, key: str) -> ObjectInfo:
        """Describe an object."""
        return self._find(bucket, key)[1]

    async def get_object(
        self, bucket: str, key: str, *, range_start: int | None = None, range_end: int | None = None
    ) -> GetObjectResult:
        """Open an object, or a range of it that lies inside it (both ends included)."""
        path, info = self._find(bucket, key)
        start = range_start or 0
        stop = info.size if range_end is None else range_end + 1
        body = _bytes_of(path, start, stop, self._masks.get(key, 0))
        return GetObjectResult(info, body, range_start, None if range_start is None else stop - 1)

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str | None = None,
        max_keys: int = _PAGE,
        continuation_token: str | None = None,
        start_after: str | None = None,
    ) -> ListResult:
        """Return one page of keys and common prefixes, together at most ``max_keys`` and at most 1000."""
        self.head_bucket(bucket)
        after = _decode(continuation_token) if continuation_token else start_after or ""
        page = ListResult([], [], is_truncated=False, next_continuation_token=None)
        last = ""
        entries = walk(self._folder, prefix=prefix, delimiter=delimiter or "", after=after)
        for number, entry in enumerate(one for one in entries if one.key not in self._gone):
            if number == min(max_keys, _PAGE):
                page.is_truncated = max_keys > 0
                page.next_continuation_token = _encode(last) if max_keys > 0 else None
                break
            last = entry.key
            if entry.path is None:
                page.common_prefixes.append(entry.key)
            else:
                page.contents.append(self._describe(entry.key, entry.path))
        return page

    def _find(self, bucket: str, key: str) -> tuple[Path, ObjectInfo]:
        self.head_bucket(bucket)
        path = None if key in self._gone else locate(self._folder, key)
        if path is None:
            raise NoSuchKey(resource=f"{bucket}/{key}")
        return path, self._describe(key, path)

    def _describe(self, key: str, path: Path) -> ObjectInfo:
        status = path.stat()
        mask = self._masks.get(key, 0)
        modified = datetime.fromtimestamp(int(status.st_mtime) + mask, UTC)
        return ObjectInfo(key, status.st_size, f'"{self._etags.of(path, status, mask=mask)}"', modified)

    def _denied(self, *_: object, **__: object) -> NoReturn:
        raise AccessDenied

    create_bucket = delete_bucket = put_object = delete_object = copy_object = _denied


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidArgument("The continuation token provided is incorrect") from error


async def _bytes_of(path: Path, start: int, stop: int, mask: int) -> AsyncIterator[bytes]:
    table = bytes(byte ^ mask for byte in range(256)) if mask else None
    # O_NOFOLLOW: the path was resolved when it was found; a link in its place now is not what was found.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        while start < stop:
            chunk = await asyncio.to_thread(os.pread, descriptor, min(_CHUNK, stop - start), start)
            if not chunk:  # shorter than it was when its length was announced: the connection breaks, as it should
                return
            start += len(chunk)
            yield chunk.translate(table) if table else chunk
    finally:
        os.close(descriptor)
