"""What an ordered fault does to an answer, as an ASGI layer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_plus

from phistac.sandbox.middleware import CONTROL
from phistac.sandbox.protocol import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable

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
    change: Callable[[str], None]
    """Makes the object at a path another one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or do not."""
        fault = None
        if scope["type"] == "http" and not scope["path"].startswith(CONTROL):
            query = unquote_plus(scope.get("query_string", b"").decode("latin-1"))
            fault = self.book.take(self.service, scope["method"], scope["path"], query)
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.kind == "status":
            headers = {} if fault.retry_after_s is None else {"retry-after": f"{fault.retry_after_s:g}"}
            await self.answer(send, fault.status, fault.code, "A fault was ordered.", headers)
        elif fault.kind == "close":
            await connection_of(scope).abort()
        elif fault.kind == "changed":
            self.change(scope["path"])
            await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, _Struck(send, fault, connection_of(scope)))


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
        body = message.get("body", b"") if message["type"] == "http.response.body" else b""
        at = self._fault.after_bytes - self._sent
        self._sent += len(body)
        if message["type"] != "http.response.body" or not 0 <= at < len(body):
            await self._send(message)
        elif self._fault.kind == "flip":
            await self._send({**message, "body": body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]})
        else:
            await self._send({**message, "body": body[:at], "more_body": True})
            if self._fault.kind == "truncate":
                self._over = True
                await self._connection.close()
                return
            await asyncio.sleep(self._fault.seconds)
            await self._send({**message, "body": body[at:]})
