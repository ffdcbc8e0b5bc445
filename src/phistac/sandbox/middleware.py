"""Pure-ASGI layers around both services: what is counted, who is let in, how fast, and what goes wrong.

Outermost first: :class:`Counted` > (S3: signature) > :class:`Gated` > :class:`Faulty` > the service.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from phistac.sandbox.protocol import connection_of
from phistac.sandbox.quotas import Refusal
from phistac.sandbox.tally import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from phistac.sandbox.config import OverLimit
    from phistac.sandbox.protocol import Connection
    from phistac.sandbox.quotas import Gate, Lease
    from phistac.sandbox.tally import Row, Tally

__all__ = ["CONTROL", "Answer", "Counted", "Gated", "content_length"]

CONTROL = "/_sandbox"
"""Where the sandbox itself is asked; nothing there is counted, limited or struck."""

_PIECE = 1 << 18


class Answer(Protocol):
    """Sends an error as its service words it."""

    async def __call__(self, send: Send, status: int, code: str, message: str, headers: dict[str, str]) -> None:
        """Send the whole answer."""


def content_length(message: Message) -> int | None:
    """Return the length that a response announces, if it does."""
    for name, value in message.get("headers", ()):
        if bytes(name).lower() == b"content-length":
            return int(value)
    return None


class Counted:
    """Counts every request and the bytes of its answer, before the client can have them."""

    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        row: Row | None = None

        def begin(status: int) -> Row:
            state = scope["state"]
            return self._tally.request(
                account=state.get("account", ANONYMOUS),
                method=scope["method"],
                path=scope["path"],
                status=status,
                refused=state.get("refused", False),
            )

        async def counted(message: Message) -> None:
            nonlocal row
            if message["type"] == "http.response.start":
                row = begin(message["status"])
            elif row is not None and scope["method"] != "HEAD":
                row.bytes_sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            if row is None:
                begin(0)  # the connection was closed without an answer


@dataclass(frozen=True, slots=True)
class Gated:
    """Lets accounts in as their quota allows, after the latency of a far server, at the rate of one connection.

    Requests of nobody (``who`` returns None), such as searches, are as far away and else unlimited.
    """

    app: ASGIApp
    gate: Gate
    who: Callable[[Scope], str | None]
    refuse: Answer
    over_limit: OverLimit
    latency_s: float
    per_minute: bool
    """Whether requests here spend from the requests per minute."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        account = None if scope["type"] != "http" else self.who(scope)
        if account is None:
            if self.latency_s and scope["type"] == "http" and not scope["path"].startswith(CONTROL):
                await asyncio.sleep(self.latency_s)
            await self.app(scope, receive, send)
            return
        scope["state"]["account"] = account
        connection = connection_of(scope)
        if connection.gone:  # closed before its request was looked at: nobody would end the lease
            return
        outcome = self.gate.admit(account, connection, per_minute=self.per_minute)
        if isinstance(outcome, Refusal):
            scope["state"]["refused"] = True
            await self._refuse(outcome, connection, send)
            return
        courier = _Courier(send, connection, self.gate, outcome, head=scope["method"] == "HEAD")
        try:
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            await self.app(scope, receive, courier)
        finally:
            self.gate.finished(outcome)

    async def _refuse(self, refusal: Refusal, connection: Connection, send: Send) -> None:
        if self.over_limit == "refuse":
            await connection.abort()
            return
        if refusal.reason == "connections":
            message = f"Max session number {refusal.limit} exceeded."
        else:
            message = f"Rate limit of {refusal.limit} requests per minute exceeded."
        status = int(self.over_limit)
        code = {429: "TooManyRequests", 503: "SlowDown", 403: "AccessDenied"}[status]
        headers = {} if status == 403 else {"retry-after": str(max(1, round(refusal.retry_after_s)))}
        await self.refuse(send, status, code, message, headers)


class _Courier:
    """Sends a response piece by piece at the pace of its connection, and ends the lease with its last byte."""

    def __init__(self, send: Send, connection: Connection, gate: Gate, lease: Lease, *, head: bool) -> None:
        self._send = send
        self._connection = connection
        self._gate = gate
        self._lease = lease
        self._head = head
        self._left: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            if self._connection.pace is not None:
                self._connection.pace.begin(asyncio.get_running_loop().time())
            self._left = 0 if self._head or message["status"] in {204, 304} else content_length(message)
            await self._deliver(message, last=self._left == 0)
            return
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if self._head or self._connection.pace is None or len(body) <= _PIECE:
            await self._piece(body, more=more)
            return
        for start in range(0, len(body), _PIECE):
            await self._piece(body[start : start + _PIECE], more=more or start + _PIECE < len(body))

    async def _piece(self, body: bytes, *, more: bool) -> None:
        if self._connection.pace is not None and body and not self._head:
            now = asyncio.get_running_loop().time()
            wait = self._connection.pace.due(now, len(body)) - now
            if wait > 0.001:
                await asyncio.sleep(wait)
        if self._left is not None and not self._head:
            self._left -= len(body)
        await self._deliver(
            {"type": "http.response.body", "body": body, "more_body": more}, last=not more or self._left == 0
        )

    async def _deliver(self, message: Message, *, last: bool) -> None:
        await self._send(message)
        if last:
            await self._connection.drained()
            self._gate.finished(self._lease)
