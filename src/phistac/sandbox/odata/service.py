"""What every endpoint needs, and the frame around every answer: ids, headers, refusals as JSON."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from phistac.errors import CredentialsRejectedError
from phistac.sandbox.odata.errors import RefusalError, not_found, unauthorized

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.accounts import Accounts
    from phistac.sandbox.odata.store import Store

    Handler = Callable[[Request, bytes], Response]

__all__ = ["CATALOGUE", "DOWNLOAD", "Service", "account", "base_url", "endpoint", "query_of", "uuid_of"]

CATALOGUE = "/odata/v1"
DOWNLOAD = "/download/odata/v1"
"""Stands for the service's download host; the catalogue redirects to it."""

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE, PATCH, OPTIONS",
}


@dataclass(frozen=True, slots=True)
class Service:
    """The catalogue and who may use it."""

    root: Path
    store: Store
    accounts: Accounts


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler ``(request, body) -> response`` that runs in a thread and may raise RefusalError."""

    async def answer(request: Request) -> Response:
        request_id, began = str(uuid.uuid4()), time.perf_counter()
        body = await request.body()
        try:
            response = await run_in_threadpool(handler, request, body)
        except RefusalError as refusal:
            response = JSONResponse(refusal.content(request_id), status_code=refusal.status)
        milliseconds = round((time.perf_counter() - began) * 1000)
        response.headers.update(
            {**_HEADERS, "request-id": request_id, "x-envoy-upstream-service-time": str(milliseconds)}
        )
        return response

    return answer


def base_url(request: Request, prefix: str = CATALOGUE) -> str:
    """Return the address of the catalogue (or of the download service) as the client sees it."""
    return f"{request.url.scheme}://{request.url.netloc}{prefix}"


def query_of(request: Request) -> str:
    """Return the query string as it came, whatever bytes are in it."""
    raw: bytes = request.scope["query_string"]
    return raw.decode(errors="replace")


def account(service: Service, request: Request) -> str:
    """Return whose bearer token came with a request; a 401 if there is none that is good."""
    try:
        return service.accounts.account_of_bearer(request.headers.get("authorization"))
    except CredentialsRejectedError as error:
        raise unauthorized(error.message) from error


def uuid_of(request: Request) -> str:
    """Return the Id in the path; a 404 if it is not a UUID."""
    try:
        return str(uuid.UUID(request.path_params["id"]))
    except ValueError as error:
        raise not_found("Invalid odata path") from error
