"""Addresses that let a test move the catalogue while it is searched: products published, products deleted.

They are the sandbox's own, on loopback, beside its counters; the service has nothing like them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from phistac.errors import FormatError
from phistac.sandbox.odata.errors import unprocessable
from phistac.sandbox.odata.service import endpoint

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["routes"]

_PREFIX = "/_sandbox/catalogue"


def routes(service: Service) -> list[Route]:
    """Return ``POST .../publish`` (Products rows) and ``POST .../delete`` (``{"ids": [...], "at", "cause"}``)."""
    return [
        Route(f"{_PREFIX}/publish", endpoint(_publish(service)), methods=["POST"]),
        Route(f"{_PREFIX}/delete", endpoint(_delete(service)), methods=["POST"]),
    ]


def _publish(service: Service) -> Handler:
    def publish(_: Request, body: bytes) -> Response:
        rows = _json(body, list)
        try:
            return JSONResponse({"published": service.store.publish(rows)})
        except (FormatError, KeyError, TypeError) as error:
            raise unprocessable("rows", "value_error", str(error), None, place="body") from error

    return publish


def _delete(service: Service) -> Handler:
    def delete(_: Request, body: bytes) -> Response:
        wanted = _json(body, dict)
        at = wanted.get("at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        cause = wanted.get("cause", "Obsolete product or Other")
        return JSONResponse({"deleted": service.store.delete(wanted.get("ids", []), at=at, cause=cause)})

    return delete


def _json(body: bytes, kind: type) -> Any:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise unprocessable("body", "json_invalid", "JSON decode error", None, place="body") from error
    if not isinstance(value, kind):
        raise unprocessable(
            "body", f"{kind.__name__}_type", f"Input should be a valid {kind.__name__}", None, place="body"
        )
    return value
