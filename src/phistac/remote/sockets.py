"""Where the budget meets the wire: aiobotocore's HTTP session with every request permitted and every socket counted.

aiobotocore lets a client bring its own session class and socket factory. The session asks the budget before each
request and ends the permit when aiohttp releases the connection, that is when the body has been read, dropped or broken
off. The factory makes sockets that tell when they are closed; it refuses to make one for which there is no slot, so
nothing that aiohttp does inside (a second attempt, another address) can open one too many.
"""

from __future__ import annotations

import asyncio
import os
import socket
import weakref
from typing import TYPE_CHECKING, Any

from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import EndpointConnectionError

from phistac.remote.slotpool import NoSlotError

if TYPE_CHECKING:
    from phistac.remote.budget import ConnectionBudget
    from phistac.remote.permits import Permit
    from phistac.remote.slotpool import SlotPool

__all__ = ["LeasedSession", "SocketFactory"]

_LINGER_S = 0.01
"""How long a closed socket still counts: the other end must have heard of the close before another socket knocks."""

_ROOM_POLL_S = 0.005


class LeasedSocket(socket.socket):
    """A socket that counts from before its making until a moment after its close, however it comes about."""

    def __init__(self, family: int, type_: int, proto: int, pool: SlotPool) -> None:
        pool.open_socket()
        try:
            super().__init__(family, type_, proto)
            self._loop = asyncio.get_running_loop()
        except BaseException:
            pool.close_socket()
            raise
        self._gone = weakref.finalize(self, _closed, pool, self._loop, os.getpid())
        self._gone.atexit = False
        _OPEN.add(self)

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
    try:
        loop.call_soon_threadsafe(loop.call_later, _LINGER_S, pool.close_socket)
    except RuntimeError:  # the loop has closed: there is nobody to be polite to
        pool.close_socket()


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

    async def send(self, request: Any) -> Any:
        """Send a request once the budget permits it; its permit ends with its answer."""
        permit = await self._budget.enter()
        try:
            if permit.last:
                request.headers["Connection"] = "close"  # after signing: the signature does not cover it
            answer = await self._open(request)
        except BaseException:
            permit.end()
            raise
        _end_with(answer.raw, permit)
        return answer

    async def _open(self, request: Any) -> Any:
        try:
            return await super().send(request)
        except EndpointConnectionError as error:
            if not isinstance(getattr(error.kwargs.get("error"), "os_error", None), NoSlotError):
                raise
        while not self._budget.pool.has_room:  # noqa: ASYNC110 - a socket that has just closed counts for a moment
            await asyncio.sleep(_ROOM_POLL_S)
        # Once: aiohttp tries again by itself when a connection breaks, and must not do so for ever.
        return await super().send(request)


def _end_with(response: Any, permit: Permit) -> None:
    """End the permit when aiohttp lets go of the connection; it may have done so, if the body came with the head."""

    def end() -> None:
        permit.end(response.content.total_bytes)

    if response.connection is None:
        end()
    else:
        response.connection.add_callback(end)
