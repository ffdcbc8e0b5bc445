"""Listings of the bucket, versions 1 and 2 of S3's verb, in nanio's documents.

nanio answers version 1 as if it were 2, without ``Marker`` and ``NextMarker``, and walks the tree in the event loop.
"""

from __future__ import annotations

import asyncio
import functools
import re
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from nanio.errors import InvalidArgument
from nanio.xml import list_objects_v2_xml
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nanio.storage.backend import ListResult
    from starlette.requests import Request

    from phistac.sandbox.s3.storage import ArchiveStorage

__all__ = ["list_objects"]


async def list_objects(request: Request, bucket: str, storage: ArchiveStorage) -> Response:
    """Answer a GET of the bucket."""
    asked = request.query_params
    second = asked.get("list-type") == "2"
    delimiter = asked.get("delimiter") or None
    if delimiter not in {None, "/"}:
        raise InvalidArgument("the sandbox lists with the delimiter / or none")
    page = await asyncio.to_thread(
        functools.partial(
            storage.list_objects,
            bucket,
            prefix=asked.get("prefix", ""),
            delimiter=delimiter,
            max_keys=_max_keys(asked),
            continuation_token=asked.get("continuation-token") if second else None,
            start_after=asked.get("start-after" if second else "marker"),
        )
    )
    body = list_objects_v2_xml(
        bucket=bucket,
        contents=[(one.key, one.last_modified, one.etag, one.size) for one in page.contents],
        common_prefixes=page.common_prefixes,
        prefix=asked.get("prefix", ""),
        delimiter=delimiter,
        max_keys=_max_keys(asked),
        is_truncated=page.is_truncated,
        continuation_token=asked.get("continuation-token") if second else None,
        next_continuation_token=page.next_continuation_token if second else None,
        start_after=asked.get("start-after") if second else None,
        encoding_type=asked.get("encoding-type"),
    )
    return Response(body if second else _first_version(body, asked, page), media_type="application/xml")


def _first_version(body: bytes, asked: Mapping[str, str], page: ListResult) -> bytes:
    last = max([one.key for one in page.contents] + page.common_prefixes, default="")
    marks = f"<Marker>{_text(asked.get('marker', ''), asked)}</Marker>"
    if page.is_truncated:
        marks += f"<NextMarker>{_text(last, asked)}</NextMarker>"
    plain = re.sub(rb"<KeyCount>\d+</KeyCount>", b"", body, count=1)
    return plain.replace(b"<MaxKeys>", marks.encode() + b"<MaxKeys>", 1)


def _text(key: str, asked: Mapping[str, str]) -> str:
    return escape(quote(key, safe="") if asked.get("encoding-type") == "url" else key)


def _max_keys(asked: Mapping[str, str]) -> int:
    text = asked.get("max-keys", "1000")
    if not text.isdecimal():
        raise InvalidArgument("max-keys is not a number")
    return min(int(text), 1000)
