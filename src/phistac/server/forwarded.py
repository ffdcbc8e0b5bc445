"""Links behind a proxy: the address that the user typed, as the proxy hands it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stac_fastapi.api.middleware import ProxyHeaderMiddleware

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["Forwarded"]

_HEADERS = {b"forwarded", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"}


class Forwarded(ProxyHeaderMiddleware):
    """Believes ``Forwarded`` and ``X-Forwarded-*`` as stac-fastapi does, and leaves requests without them alone.

    The parent rewrites every ``Host``, and takes that of an IPv6 address, ``[::1]:8080``, apart at its colons.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if any(name in _HEADERS for name, _ in scope.get("headers", ())):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
