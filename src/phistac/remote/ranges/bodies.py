"""The body of one S3 answer: as long as it says, or an error."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from phistac.errors import FormatError, ServiceError
from phistac.remote.ranges.s3errors import BrokenBodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Body", "byte_range", "quoted", "unquoted"]

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Body:
    """An answer to a GET whose head has come and whose body is yet to be read.

    Parameters
    ----------
    path : str
        Bucket and key, for messages.
    answer : mapping
        What botocore made of the answer.
    start : int
        First byte asked for.
    stop : int, optional
        Byte after the last one asked for; None for all there is.

    Raises
    ------
    ServiceError
        If a range was asked for and the answer is not that range.
    """

    def __init__(self, path: str, answer: Mapping[str, Any], start: int, stop: int | None) -> None:
        self.path = path
        self._stream = answer["Body"]
        self.etag = unquoted(answer.get("ETag"))
        self.length = int(answer["ContentLength"])
        """Bytes that the body must have."""
        self.size = self.length
        """Bytes of the whole object."""
        self._left = self.length
        if byte_range(start, stop) is not None:
            try:
                self.size = self._check(answer, start, stop)
            except BaseException:
                self.close()
                raise

    async def read(self, most: int = -1) -> bytes:
        """Return the next bytes, all that are left by default; b"" at the end.

        Raises
        ------
        BrokenBodyError
            If the body ends early.
        """
        if not self._left:
            return b""
        data: bytes = await self._stream.read(most if most >= 0 else None)
        self._left -= len(data)
        if not data or (most < 0 and self._left) or self._left < 0:
            raise BrokenBodyError(f"{self.length - self._left} of {self.length} bytes came")
        return data

    def exactly(self, start: int, stop: int) -> None:
        """Make sure that the answer has all the bytes that were asked for.

        Raises
        ------
        FormatError
            If the object ends before ``stop``.
        """
        if self.length != stop - start:
            self.close()
            raise FormatError(
                f"{self.path} has {self.size} bytes, so it has no bytes {start} to {stop}",
                remedy="The object is truncated, or what describes it is wrong.",
            )

    def close(self) -> None:
        """Drop what has not been read."""
        self._stream.close()

    def _check(self, answer: Mapping[str, Any], start: int, stop: int | None) -> int:
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        stated = _CONTENT_RANGE.fullmatch(answer.get("ContentRange") or "")
        if status != HTTPStatus.PARTIAL_CONTENT or stated is None:
            raise ServiceError(
                f"{self.path}: the server answered {status} to a byte range",
                remedy="Use an endpoint that serves ranges.",
            )
        first, last, size = (int(number) for number in stated.groups())
        end = size if stop is None else min(stop, size)
        if first != start or last + 1 != end or self.length != end - start:
            raise ServiceError(
                f"{self.path}: bytes {start} to {end} were asked for, the server sends {stated[0]} ({self.length})",
                remedy="Use an endpoint that serves ranges.",
            )
        return size


def byte_range(start: int, stop: int | None) -> str | None:
    """Return the ``Range`` header for half-open bounds, None for the whole object.

    Examples
    --------
    >>> byte_range(0, 10), byte_range(5, None), byte_range(0, None)
    ('bytes=0-9', 'bytes=5-', None)
    """
    if stop is not None:
        return f"bytes={start}-{stop - 1}"
    return f"bytes={start}-" if start else None


def quoted(etag: str | None) -> str | None:
    """Return an ETag as headers spell it.

    Examples
    --------
    >>> quoted("abc"), quoted('"abc"'), quoted(None)
    ('"abc"', '"abc"', None)
    """
    bare = unquoted(etag)
    return None if bare is None else f'"{bare}"'


def unquoted(etag: str | None) -> str | None:
    """Return an ETag without its quotes; None if it is missing or empty."""
    return (etag or "").removeprefix("W/").strip('"') or None
