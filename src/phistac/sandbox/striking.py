"""What an ordered fault does to an answer, as an ASGI layer."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_plus

from phistac.sandbox.middleware import CONTROL
from phistac.sandbox.protocol import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from phistac.sandbox.faults import Fault, FaultBook
    from phistac.sandbox.middleware import Answer
    from phistac.sandbox.protocol import Connection

__all__ = ["Faulty"]


@dataclass(frozen=True, slots=True)
class Faulty:
    """Lets the faults of a book strike the requests they are meant for."""

    app: ASGIApp
    book: FaultBook
    service: Literal["s3", "catalogue"]
    answer: Answer
    alter: Callable[[Literal["changed", "gone"], str], None]
    """Makes the object at a path another one, or takes it away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or do not."""
        fault = None
        if scope["type"] == "http" and not scope["path"].startswith(CONTROL):
            query = unquote_plus(scope.get("query_string", b"").decode("latin-1"))
            fault = self.book.take(self.service, scope["method"], scope["path"], query, _range_of(scope))
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.kind == "status":
            headers = {} if fault.retry_after_s is None else {"retry-after": f"{fault.retry_after_s:g}"}
            await self.answer(send, fault.status, fault.code, "A fault was ordered.", headers)
        elif fault.kind == "close":
            await connection_of(scope).abort()
        else:
            await self._spoil(fault, scope, receive, send)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is answered, but not as it should be."""
        if fault.kind == "late":
            await asyncio.sleep(fault.seconds)
        elif fault.kind in {"whole", "elsewhere"}:
            scope = {**scope, "headers": list(_other_range(fault, scope))}
        elif fault.kind in {"changed", "gone"}:
            self.alter("gone" if fault.kind == "gone" else "changed", scope["path"])
        else:
            send = _Struck(send, fault, connection_of(scope))
        await self.app(scope, receive, send)


def _range_of(scope: Scope) -> str:
    return "".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"range")


def _other_range(fault: Fault, scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers of a request without its range, or with one further on."""
    for name, value in scope["headers"]:
        if name != b"range":
            yield name, value
        elif fault.kind == "elsewhere":
            yield name, re.sub(rb"\d+", lambda match: b"%d" % (int(match[0]) + fault.by_bytes), value)


class _Struck:
    """Passes an answer on until the fault strikes it."""

    def __init__(self, send: Send, fault: Fault, connection: Connection) -> None:
        self._send = send
        self._fault = fault
        self._connection = connection
        self._sent = 0
        self._over = False

    async def __call__(self, message: Message) -> None:
        if self._over:
            return
        if message["type"] != "http.response.body":
            await self._send(self._shortened(message) if self._fault.kind == "short" else message)
            return
        body = message.get("body", b"")
        at = self._fault.after_bytes - self._sent
        self._sent += len(body)
        if 0 <= at < len(body):
            await self._strike(message, body, at)
        else:
            await self._send(message)

    def _shortened(self, message: Message) -> Message:
        def length(value: bytes) -> bytes:
            return b"%d" % min(int(value), self._fault.after_bytes)

        headers = [(name, length(value) if name == b"content-length" else value) for name, value in message["headers"]]
        return {**message, "headers": headers}

    async def _strike(self, message: Message, body: bytes, at: int) -> None:
        kind = self._fault.kind
        if kind == "flip":
            await self._send({**message, "body": body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]})
            return
        await self._send({**message, "body": body[:at], "more_body": kind != "short"})
        if kind == "stall":
            await asyncio.sleep(self._fault.seconds)
            await self._send({**message, "body": body[at:]})
            return
        self._over = True
        if kind == "truncate":
            await self._connection.close()
        elif kind == "reset":
            await self._connection.reset()
