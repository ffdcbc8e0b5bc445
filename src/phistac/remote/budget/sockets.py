"""Where the budget meets the wire: aiobotocore's HTTP session with every request permitted and every socket counted.

aiobotocore lets a client bring its own session class and socket factory. The session asks the budget before each
request and ends the permit when aiohttp releases the connection, that is when the body has been read, dropped or broken
off. What then becomes of the connection, :mod:`phistac.remote.budget.resting` says. The factory makes sockets that tell
when they are closed; it refuses to make one for which there is no slot, so nothing that aiohttp does inside (a second
attempt, another address) can open one too many.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
import weakref
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import EndpointConnectionError

from phistac.remote.budget.resting import Resting
from phistac.remote.budget.slotpool import NoSlotError

if TYPE_CHECKING:
    from phistac.remote.budget.budget import ConnectionBudget
    from phistac.remote.budget.permits import Permit
    from phistac.remote.budget.slotpool import SlotPool

__all__ = ["LeasedSession", "SocketFactory"]

_LINGER = 0.5
_LONGEST_LINGER_S = 0.01
"""How long a closed socket still counts, in times of what opening one takes: the other end must have heard of the close
before another socket knocks, and packets overtake each other by less than they travel."""

_ROOM_POLL_S = 0.005
_ROUND_TRIPS = {"http": 1, "https": 2}
"""What it takes until a request can be sent, in times of what opening the socket takes (TLS 1.3)."""


class LeasedSocket(socket.socket):
    """A socket that counts from before its making until a moment after its close, however it comes about."""

    def __init__(self, family: int, type_: int, proto: int, pool: SlotPool) -> None:
        pool.open_socket()
        try:
            super().__init__(family, type_, proto)
            self._loop = asyncio.get_running_loop()
            self._pool, self._born, self._used = pool, time.monotonic(), False
        except BaseException:
            pool.close_socket()
            raise
        self._gone = weakref.finalize(self, _closed, pool, self._loop, os.getpid())
        self._gone.atexit = False
        _OPEN.add(self)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, and the first time say how long it took until this was possible."""
        if not self._used:
            self._used = True
            self._pool.opened(time.monotonic() - self._born)
        return super().send(data, flags)

    def close(self) -> None:
        """Close the socket and, in a moment, give its place back."""
        super().close()
        self._gone()

    def forget(self) -> None:
        """Close a forked child's copy; the parent goes on with its own."""
        self._gone.detach()
        descriptor = self.detach()
        if descriptor >= 0:
            os.close(descriptor)


_OPEN: weakref.WeakSet[LeasedSocket] = weakref.WeakSet()


def _closed(pool: SlotPool, loop: asyncio.AbstractEventLoop, pid: int) -> None:
    if pid != os.getpid():
        return
    pool.closing_socket()
    try:
        loop.call_soon_threadsafe(loop.call_later, _linger_s(pool), pool.close_socket)
    except RuntimeError:  # the loop has closed: there is nobody to be polite to
        pool.close_socket()


def _linger_s(pool: SlotPool) -> float:
    return min(_LINGER * pool.opening_s, _LONGEST_LINGER_S)


def _forget_all() -> None:
    for inherited in list(_OPEN):
        inherited.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


class SocketFactory:
    """Makes counted sockets for aiohttp, and carries the budget to the session.

    Parameters
    ----------
    budget : ConnectionBudget
        Whose slots the sockets take.
    """

    def __init__(self, budget: ConnectionBudget) -> None:
        self.budget = budget

    def __call__(self, address: tuple[Any, ...]) -> socket.socket:
        """Make a socket for an address as :func:`socket.getaddrinfo` gives it."""
        family, kind, proto, *_ = address
        return LeasedSocket(family, kind, proto, self.budget.pool)


class LeasedSession(AIOHTTPSession):  # type: ignore[misc]  # aiobotocore has no types
    """aiobotocore's session; give it as ``http_session_cls`` with a :class:`SocketFactory` in ``connector_args``."""

    def __init__(self, *args: Any, connector_args: dict[str, Any], **options: Any) -> None:
        self._budget: ConnectionBudget = connector_args["socket_factory"].budget
        # Addresses one after another: trying two at once would open two sockets.
        super().__init__(*args, connector_args={**connector_args, "happy_eyeballs_delay": None}, **options)
        self._resting = Resting(self._budget, self._all_sessions)

    async def send(self, request: Any) -> Any:
        """Send a request once the budget permits it; its permit ends with its answer."""
        permit = await self._budget.enter()
        round_trips = _ROUND_TRIPS[urlsplit(request.url).scheme]
        try:
            answer = await self._open(request)
        except BaseException as error:
            permit.end()
            if _hung_up(error):
                self._budget.refused()
            raise
        self._end_with(answer.raw, permit, round_trips)
        return answer

    def _all_sessions(self) -> list[Any]:
        return list((self._sessions or {}).values())  # None before the first request and after the end

    def _end_with(self, response: Any, permit: Permit, round_trips: int) -> None:
        """End the permit when aiohttp lets go of the connection; it has done so if the body came with the head."""
        loop, pool = asyncio.get_running_loop(), self._budget.pool
        connection = response.connection

        def end() -> None:
            permit.end(response.content.total_bytes)
            if pool.surplus and connection is not None and connection.protocol is not None:
                connection.protocol.force_close()  # aiohttp asks for it right after this
            loop.call_soon(self._resting.look, _linger_s(pool) + round_trips * pool.opening_s)

        if connection is None:
            end()
        else:
            connection.add_callback(end)

    async def _open(self, request: Any) -> Any:
        try:
            return await super().send(request)
        except EndpointConnectionError as error:
            if not isinstance(getattr(error.kwargs.get("error"), "os_error", None), NoSlotError):
                raise
        with self._budget.pool.cramped():
            while not self._budget.pool.has_room:  # noqa: ASYNC110 - a socket that has just closed counts for a moment
                await asyncio.sleep(_ROOM_POLL_S)
        # Once: aiohttp tries again by itself when a connection breaks, and must not do so for ever.
        return await super().send(request)


def _hung_up(error: BaseException) -> bool:
    """Whether a server closed a new connection without a word: some say so that there are too many."""
    inner = error.kwargs.get("error") if isinstance(error, BotoConnectionError) else None
    if isinstance(inner, aiohttp.ServerDisconnectedError):
        return True
    if isinstance(getattr(inner, "os_error", None), NoSlotError):
        return True  # aiohttp wanted to try again at once
    return isinstance(inner, aiohttp.ClientOSError) and inner.errno in {errno.ECONNREFUSED, errno.ECONNRESET}
