"""Bursts on demand: a POST with a bearer token, a redirect, the same POST again, a zip.

The redirect is a 302, which a client that follows it by itself turns into a GET; that is refused, as at the service.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from phistac.errors import FormatError
from phistac.sandbox.odata.downloads import archive
from phistac.sandbox.odata.errors import RefusalError, not_found
from phistac.sandbox.odata.fields import BURSTS
from phistac.sandbox.odata.minisafe import entries
from phistac.sandbox.odata.service import CATALOGUE, account, base_url, endpoint, uuid_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["PROCESSOR", "routes"]

PROCESSOR = "/ondemand/odata/v1"
"""Where the catalogue sends those who ask for a burst."""

_METHODS = ["GET", "POST", "PUT", "DELETE"]


def routes(service: Service) -> list[Route]:
    """Return the routes of ``Bursts(id)/$value``."""
    return [
        Route(f"{CATALOGUE}/Bursts({{id}})/$value", endpoint(_redirect(service)), methods=_METHODS),
        Route(f"{PROCESSOR}/Bursts({{id}})/$value", endpoint(_process(service)), methods=_METHODS),
    ]


def _burst(service: Service, request: Request) -> dict[str, Any]:
    if request.method != "POST":
        raise RefusalError("GET of a burst", status=405, body={"detail": "Method Not Allowed"})
    account(service, request)
    row = service.store.get(BURSTS, uuid_of(request))
    if row is None:
        raise not_found()
    return row


def _redirect(service: Service) -> Handler:
    def redirect(request: Request, _: bytes) -> Response:
        row = _burst(service, request)
        return RedirectResponse(f"{base_url(request, PROCESSOR)}/Bursts({row['id']})/$value", status_code=302)

    return redirect


def _process(service: Service) -> Handler:
    def process(request: Request, _: bytes) -> Response:
        burst = json.loads(_burst(service, request)["row"] + "}")
        try:
            files = entries(service.root, burst)
        except FormatError as error:
            raise RefusalError(error.message, status=500, body={"detail": error.message}) from error
        return archive(files, f"{burst['Name']}.zip", head=False)

    return process
