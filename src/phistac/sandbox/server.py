"""Catalogue and S3 as two applications that share accounts, quotas, counters and faults."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Literal

from starlette.applications import Starlette
from starlette.responses import JSONResponse

from phistac.errors import PhistacError
from phistac.sandbox.control import control_routes
from phistac.sandbox.faults import FaultBook
from phistac.sandbox.middleware import Counted, Gated
from phistac.sandbox.pace import Pace
from phistac.sandbox.protocol import Connection, protocol_for
from phistac.sandbox.quotas import Gate
from phistac.sandbox.s3.app import BUCKET, s3_app
from phistac.sandbox.s3.errors import send_error
from phistac.sandbox.s3.layers import split_path
from phistac.sandbox.s3.storage import ArchiveStorage
from phistac.sandbox.striking import Faulty
from phistac.sandbox.tally import Tally

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Scope, Send

    from phistac.sandbox.config import SandboxConfig

__all__ = ["Service"]

_DOWNLOAD = re.compile(r"/(download|ondemand)/odata/v1/(Products|Bursts)\(.*/\$(value|zip)")


class Service:
    """Both applications of a sandbox, and what they share.

    Parameters
    ----------
    root : Path
        A finished archive.
    config : SandboxConfig
        What is asked of the sandbox.
    accounts : Accounts
        Who may use it.
    routes : sequence of routes
        The catalogue's.
    """

    def __init__(self, root: Path, config: SandboxConfig, accounts: Any, routes: Sequence[BaseRoute]) -> None:
        self._config = config
        self._accounts = accounts
        self._tally = Tally()
        self._faults = FaultBook()
        self._gate = Gate(
            connections=config.connections,
            count=config.count,
            requests_per_minute=config.requests_per_minute,
            clock=time.monotonic,
        )
        self._storage = ArchiveStorage(root / "s3" / BUCKET, BUCKET)
        self.s3: ASGIApp = Counted(s3_app(root, accounts, storage=self._storage, around=self._around_s3), self._tally)
        self.catalogue: ASGIApp = Counted(self._around_catalogue(routes), self._tally)

    def protocol(self, *, listening: bool) -> type[asyncio.Protocol]:
        """Return the protocol class of a port; ``listening`` has its TCP connections counted."""

        def opened(_: Connection) -> None:
            if listening:
                self._tally.opened()

        def closed(connection: Connection) -> None:
            if listening:
                self._tally.closed()
            self._gate.closed(connection)

        rate = self._config.rate
        return protocol_for(opened=opened, closed=closed, pace=lambda: Pace(rate) if rate else None)

    def _around_s3(self, app: ASGIApp) -> ASGIApp:
        def alter(how: Literal["changed", "gone"], path: str) -> None:
            key = split_path(path)[1]
            if how == "gone":
                self._storage.remove(key)
            else:
                self._storage.change(key)

        struck = Faulty(app, self._faults, "s3", send_error, alter)
        return self._gated(struck, self._s3_account, send_error, per_minute=True)

    def _around_catalogue(self, routes: Sequence[BaseRoute]) -> ASGIApp:
        control = control_routes(self._gate, self._tally, self._faults, restore=self._storage.restore)
        app = Starlette(routes=[*control, *routes])
        struck = Faulty(app, self._faults, "catalogue", _send_detail, lambda *_: None)
        return self._gated(struck, self._downloading_account, _send_detail, per_minute=False)

    def _gated(self, app: ASGIApp, who: Callable[[Scope], str | None], refuse: Any, *, per_minute: bool) -> ASGIApp:
        return Gated(
            app, self._gate, who, refuse, self._config.over_limit, self._config.latency_s, per_minute=per_minute
        )

    def _s3_account(self, scope: Scope) -> str | None:
        account: str | None = self._accounts.account_of_key(scope["nanio.principal"])
        return account

    def _downloading_account(self, scope: Scope) -> str | None:
        """Return who downloads; searches, redirects, tokens and keys are free of the quota on connections."""
        if not _DOWNLOAD.fullmatch(scope["path"]):
            return None
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        try:
            return str(self._accounts.account_of_bearer(header))
        except PhistacError:
            return None  # the catalogue itself says what is wrong with it


async def _send_detail(send: Send, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
    del code  # S3's word; the catalogue has only the sentence
    answer = JSONResponse({"detail": message}, status, headers)
    await send({"type": "http.response.start", "status": status, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": bytes(answer.body)})
