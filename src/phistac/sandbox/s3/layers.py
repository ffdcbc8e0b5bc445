"""ASGI layers that stand around nanio on the S3 port: who may ask at all, what may be asked, and how."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from nanio.errors import S3Error

from phistac.sandbox.s3.conditions import judge
from phistac.sandbox.s3.errors import send_error

if TYPE_CHECKING:
    from nanio.storage.backend import ObjectInfo
    from starlette.types import ASGIApp, Receive, Scope, Send

    from phistac.sandbox.s3.storage import ArchiveStorage

__all__ = ["Conditional", "ReadOnly", "SignedOnly", "split_path"]

_PRESIGNED = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "AWSAccessKeyId", "Signature"}
_LIST = {
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "continuation-token",
    "start-after",
    "marker",
    "encoding-type",
    "fetch-owner",
    "location",
    "x-id",
}
_NOTHING_TO_SAY = {"x-id", "versionId", "partNumber"}


def split_path(path: str) -> tuple[str, str]:
    """Return bucket and key of a path-style address.

    Examples
    --------
    >>> split_path("/eodata/Sentinel-1/x.tiff")
    ('eodata', 'Sentinel-1/x.tiff')
    """
    bucket, _, key = path.removeprefix("/").partition("/")
    return bucket, key


@dataclass(frozen=True, slots=True)
class SignedOnly:
    """Refuses requests without a signature in their headers: anonymous ones and presigned addresses."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            asked = {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)}
            if asked & _PRESIGNED or not any(name == b"authorization" for name, _ in scope["headers"]):
                await send_error(send, 403, "AccessDenied", "Access Denied.")
                return
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Refuses whatever is not reading an object or a listing."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            asked = {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)}
            known = _LIST if not split_path(scope["path"])[1] else _NOTHING_TO_SAY
            if scope["method"] not in {"GET", "HEAD"} or asked - known:
                await send_error(send, 403, "AccessDenied", "Access Denied.")
                return
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Conditional:
    """Answers conditions and impossible ranges; hands on a range that lies inside the object, or none."""

    app: ASGIApp
    storage: ArchiveStorage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        bucket, key = split_path(scope.get("path", ""))
        if scope["type"] != "http" or not key:
            await self.app(scope, receive, send)
            return
        try:
            # In a thread: the first look at an object hashes it. nanio's own look finds the hash in memory.
            info = await asyncio.to_thread(self.storage.head_object, bucket, key)
        except S3Error as error:
            await send_error(send, error.http_status, error.code, error.message_text)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        verdict = judge(headers, etag=info.etag.strip('"'), modified=info.last_modified, size=info.size)
        if verdict.status in {304, 412, 416}:
            await _refuse(send, verdict.status, info)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"range"]
        if verdict.status == 206:
            plain.append((b"range", f"bytes={verdict.first}-{verdict.last}".encode()))
        await self.app({**scope, "headers": plain}, receive, send)


async def _refuse(send: Send, status: int, info: ObjectInfo) -> None:
    if status == 412:
        message = "At least one of the pre-conditions you specified did not hold"
        await send_error(send, 412, "PreconditionFailed", message)
    elif status == 416:
        headers = {"content-range": f"bytes */{info.size}"}
        await send_error(send, 416, "InvalidRange", "The requested range is not satisfiable", headers)
    else:
        pairs = [
            (b"etag", info.etag.encode()),
            (b"last-modified", f"{info.last_modified:%a, %d %b %Y %H:%M:%S GMT}".encode()),
        ]
        await send({"type": "http.response.start", "status": 304, "headers": pairs})
        await send({"type": "http.response.body", "body": b""})
