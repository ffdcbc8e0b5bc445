"""``phistac serve``: the STAC API on this machine, until interrupted."""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import logging
import socket
import sys
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXTRA = ("stac_fastapi", "fastapi", "uvicorn")
_SHUTDOWN_S = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``phistac serve``."""
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s, this machine only")
    parser.add_argument("--port", type=int, default=8080, help="default: %(default)s; 0 for a free one")
    parser.add_argument(
        "--root-path", default="", metavar="PATH", help="where a proxy shows it, such as /stac, if it takes that off"
    )


def run(options: argparse.Namespace) -> int:
    """Serve as the parsed options say, until interrupted.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    MissingExtraError
        If the packages of the extra ``server`` are not installed.
    ConfigurationError
        If the port cannot be had.
    """
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the server needs {', '.join(missing)}", remedy="Install with: pip install 'phistac[server]'."
        )
    logging.getLogger("stac_fastapi").setLevel(logging.ERROR)  # it warns of names of its own that are not used here

    import uvicorn  # noqa: PLC0415 - with the extra only

    from phistac.server.asgi import app  # noqa: PLC0415 - with the extra only

    with _listen(options.host, options.port) as listener:
        config = uvicorn.Config(
            app(),
            root_path=options.root_path.rstrip("/"),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        sys.stderr.write(f"{_greeting(options.host, listener.getsockname()[1])}\n")
        sys.stderr.flush()
        with contextlib.suppress(KeyboardInterrupt):  # how it is meant to end
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _greeting(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    lines = [f"phistac: serving http://{shown}:{port}/ until interrupted"]
    if not _loopback(host):
        lines.append("phistac: whoever reaches this address can search the catalogue through it; there is no password")
    return "\n".join(lines)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigurationError(
            f"the server cannot listen on {host}:{port} ({error})", remedy="Use another port, or 0 for a free one."
        ) from error
    return listener
