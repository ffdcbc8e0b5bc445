"""Two uvicorn servers in one event loop, on sockets of this machine only."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from phistac.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from phistac.sandbox.config import SandboxConfig
    from phistac.sandbox.server import Service

__all__ = ["serve"]

_KEEP_ALIVE_S = 60
_SHUTDOWN_S = 3


async def serve(
    service: Service, config: SandboxConfig, *, ready: Callable[[int, int], None], stop: asyncio.Event
) -> None:
    """Serve both ports until told to stop; answers under way get a few seconds to end.

    Parameters
    ----------
    service : Service
        What is served.
    config : SandboxConfig
        Host and ports.
    ready : callable
        Is told the catalogue's and the S3 port when both answer.
    stop : asyncio.Event
        Set by whoever wants an end.

    Raises
    ------
    ConfigurationError
        If a port cannot be had.
    """
    with contextlib.ExitStack() as open_sockets:
        sockets = [
            open_sockets.enter_context(_listen(config.host, port)) for port in (config.catalogue_port, config.s3_port)
        ]
        apps = ((service.catalogue, False), (service.s3, True))
        servers = [_server(app, service.protocol(listening=listening)) for app, listening in apps]
        running = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, listener in zip(servers, sockets, strict=True)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
            for task in running:
                if task.done():
                    await task
        ready(*(listener.getsockname()[1] for listener in sockets))
        await stop.wait()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)


def _server(app: ASGIApp, protocol: type[asyncio.Protocol]) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    return _QuietServer(config)


class _QuietServer(uvicorn.Server):
    """Leaves signals alone: two servers share one loop, and the process decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"the sandbox cannot listen on {host}:{port} ({error.strerror})", remedy="Use another port, or 0."
        ) from error
    return listener
