"""``https://`` by byte ranges, or not at all.

fsspec's own filesystem reads whatever a server sends: one that does not know ranges sends the whole file, for each
range again. Here the head of the answer is looked at first, and anything but the very range is refused unread.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
from fsspec.implementations.http import HTTPFileSystem

from phistac.errors import FormatError, ServiceError
from phistac.remote.files.bufferedfile import RangedFile
from phistac.remote.files.readonly import ReadOnly, refuse
from phistac.remote.web.outgoing import place
from phistac.remote.web.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WebFileSystem", "careful"]

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_REMEDY = (
    "Download the file first, or read the product from the archive (cdse://eodata/…); simplecache:: before the address"
    " copies each file whole, on purpose."
)


class WebFileSystem(ReadOnly, HTTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """fsspec's filesystem of web servers, read only, ranges checked; options as there."""

    protocol = ("http", "https")

    async def _cat_file(self, url: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        if start is not None and start == end:
            return b""
        options = {**self.kwargs, **kwargs}
        headers = {**options.pop("headers", {}), "Accept-Encoding": "identity"}
        ranged = start is not None or end is not None
        if ranged:
            headers["Range"] = await self._process_limits(url, start, end)
        session = await self.set_session()
        try:
            async with session.get(self.encode_url(url), headers=headers, **options) as answer:
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise _refused(answer, url)
                if ranged:
                    _check(answer, url, headers["Range"])
                data: bytes = await answer.read()
                return data
        except aiohttp.ClientError as error:
            raise ServiceError(f"reading {place(url)} failed: {type(error).__name__}") from error

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> RangedFile:
        if mode != "rb":
            refuse(self, f"open {place(path)} for writing ({mode})")
        size = options.pop("size", None) or self.info(path).get("size")
        if size is None:
            raise ServiceError(f"{place(path)}: the server does not say how long it is", remedy=_REMEDY)
        return RangedFile(self, path, block_size, size=size)


def careful(fs: Any) -> Any:
    """Return a filesystem that reads ranges as such: fsspec's own of web servers is exchanged, others stay.

    Examples
    --------
    >>> import fsspec
    >>> type(careful(fsspec.filesystem("https"))).__name__, type(careful(fsspec.filesystem("file"))).__name__
    ('WebFileSystem', 'LocalFileSystem')
    """
    if isinstance(fs, HTTPFileSystem) and not isinstance(fs, WebFileSystem):
        return WebFileSystem(**fs.storage_options)
    return fs


def _refused(answer: aiohttp.ClientResponse, url: str) -> Exception:
    answer.close()
    if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return FormatError(
            f"{place(url)} has fewer bytes than asked for", remedy="It is truncated, or its index wrong."
        )
    return refusal(answer.status, b"", what=f"GET {place(url)}")


def _check(answer: aiohttp.ClientResponse, url: str, asked: str) -> None:
    """Refuse an answer that is not the range asked for (``bytes=first-last``, ``bytes=first-``), before it is read."""
    headers: Mapping[str, str] = answer.headers
    stated = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    encoded = headers.get("Content-Encoding", "identity") != "identity"
    if answer.status != HTTPStatus.PARTIAL_CONTENT or stated is None or encoded:
        answer.close()
        raise ServiceError(
            f"{place(url)}: the server answered {answer.status} to a byte range, which is the whole file or no range",
            remedy=_REMEDY,
        )
    first, last, size = (int(number) for number in stated.groups())
    start, _, stop = asked.removeprefix("bytes=").partition("-")
    begin = int(start) if start else max(0, size - int(stop))  # bytes=-5: the last five
    end = min(int(stop) + 1, size) if start and stop else size
    if first != begin or last + 1 != end:
        answer.close()
        raise ServiceError(f"{place(url)}: {asked} was asked for, the server sends {stated[0]}", remedy=_REMEDY)
