"""uvicorn's HTTP protocol, with sockets counted in the right order.

A client that closes one socket and then opens another must never be seen holding both. It is not, because

1. a FIN or RST on loopback has reached the server's socket before the client's ``close`` returns, so when the client's
   next SYN arrives the old socket is readable already;
2. asyncio's selector loop (never uvloop here) asks for all ready sockets at once, handles the end of file of the old
   one in the same pass as the accept of the new one at the latest, and a new socket is read two passes after its
   accept at the earliest (``connection_made`` and ``add_reader`` are each a ``call_soon``);
3. the socket is let go in ``eof_received`` already, not only in ``connection_lost``, which waits for unsent bytes.

Likewise a request ends before its client can know so: the write buffer's high-water mark is zero, so "not paused"
means that the kernel has every byte, and whoever waits for that is woken before any newer event is looked at.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from phistac.sandbox.pace import Pace

__all__ = ["Connection", "connection_of", "protocol_for"]

_KEY = "phistac.connection"


class Connection:
    """One TCP connection, as the middleware sees it: hashable, closable, with a pace of its own."""

    def __init__(self, protocol: H11Protocol, pace: Pace | None) -> None:
        self._protocol = protocol
        self.pace = pace
        self.gone = False
        self._lost = asyncio.Event()

    async def drained(self) -> None:
        """Wait until the kernel has taken every byte written so far; at once, without yielding, where it has."""
        if self._protocol.flow.write_paused:
            await self._protocol.flow.drain()

    async def close(self) -> None:
        """Send what is written, then close; return when that is done."""
        self._protocol.transport.close()
        await self._lost.wait()

    async def abort(self) -> None:
        """Close without a word; return when that is done."""
        self._protocol.transport.abort()
        await self._lost.wait()

    async def reset(self) -> None:
        """Hand what is written to the kernel, then reset the connection; return when that is done."""
        await self.drained()
        no_lingering = struct.pack("ii", 1, 0)  # a close that sends RST instead of FIN
        self._protocol.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        await self.abort()

    def lost(self) -> None:
        """Nothing can be sent any more."""
        self._lost.set()


def connection_of(scope: MutableMapping[str, Any]) -> Connection:
    """Return the connection by which a request came."""
    return cast("Connection", scope["state"][_KEY])


def protocol_for(
    *, opened: Callable[[Connection], None], closed: Callable[[Connection], None], pace: Callable[[], Pace | None]
) -> type[asyncio.Protocol]:
    """Return a protocol class that tells of every socket opened and closed, each exactly once."""

    class CountedProtocol(H11Protocol):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._connection = Connection(self, pace())
            self.app_state = {**self.app_state, _KEY: self._connection}

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)
            opened(self._connection)

        def eof_received(self) -> None:
            self._let_go()
            super().eof_received()

        def connection_lost(self, exc: Exception | None) -> None:
            self._let_go()
            super().connection_lost(exc)
            self._connection.lost()

        def _let_go(self) -> None:
            if not self._connection.gone:
                self._connection.gone = True
                closed(self._connection)

    return CountedProtocol
