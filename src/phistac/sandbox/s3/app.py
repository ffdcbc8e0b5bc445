"""The S3 service as one ASGI application, innermost nanio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nanio.auth.middleware import SigV4Middleware
from nanio.config import Settings
from nanio.errors import InternalError, S3Error
from nanio.handlers import build_routes
from nanio.handlers.bucket import dispatch_bucket
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from phistac.sandbox.s3.layers import Conditional, ReadOnly, SignedOnly
from phistac.sandbox.s3.listing import list_objects
from phistac.sandbox.s3.storage import ArchiveStorage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Protocol

    from starlette.requests import Request
    from starlette.types import ASGIApp

    class Keys(Protocol):
        """Who knows the secret of an access key, at the time of asking: keys come and go."""

        def secret_of(self, access_key: str) -> str | None:
            """Return the secret, or None for a key that there is not (any more)."""


__all__ = ["BUCKET", "s3_app"]

BUCKET = "eodata"


def s3_app(
    root: Path,
    accounts: Keys,
    *,
    storage: ArchiveStorage | None = None,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> ASGIApp:
    """Return the S3 service of an archive.

    Parameters
    ----------
    root : Path
        The archive; objects are the files under ``root/s3/eodata``.
    accounts : Keys
        Where the secrets are.
    storage : ArchiveStorage, optional
        Stands in for the archive's own, for one who wants to change objects.
    around : callable, optional
        Wraps what lies behind the signature: quotas and faults, which need to know who asks.

    Returns
    -------
    ASGIApp
        ``scope["nanio.principal"]`` is the verified access key for whatever is ``around``.
    """
    storage = storage or ArchiveStorage(root / "s3" / BUCKET, BUCKET)
    resolver = _Resolver(accounts)
    inner: ASGIApp = ReadOnly(Conditional(_service(root, storage, resolver), storage))
    if around is not None:
        inner = around(inner)
    return SignedOnly(SigV4Middleware(inner, credentials=resolver))


class _Resolver:
    """Accounts, as nanio asks for them."""

    def __init__(self, accounts: Keys) -> None:
        self._accounts = accounts

    def resolve(self, access_key: str) -> str | None:
        return self._accounts.secret_of(access_key)

    def access_keys(self) -> list[str]:
        return []  # nanio asks at its own start only, which this is not


def _service(root: Path, storage: ArchiveStorage, resolver: _Resolver) -> Starlette:
    async def bucket(request: Request) -> Response:
        if request.method == "HEAD" or "location" in request.query_params:
            answer: Response = await dispatch_bucket(request)
            return answer
        return await list_objects(request, request.path_params["bucket"], storage)

    ours = [Route(path, bucket, methods=["GET"]) for path in ("/{bucket}", "/{bucket}/")]
    app = Starlette(routes=[*ours, *build_routes()], exception_handlers={S3Error: _said, Exception: _unsaid})
    app.state.settings = Settings(data_dir=root / "s3", region="default", credentials=resolver)
    app.state.storage = storage
    return app


async def _said(_: Request, error: Exception) -> Response:
    if not isinstance(error, S3Error):
        raise error
    return Response(error.to_xml(), error.http_status, media_type="application/xml")


async def _unsaid(_: Request, error: Exception) -> Response:
    del error  # Starlette raises it again, for the log
    return Response(InternalError().to_xml(), 500, media_type="application/xml")
