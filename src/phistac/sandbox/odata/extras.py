"""The small endpoints of the catalogue: attribute tables, quicklooks, and everything that does not exist."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from phistac.sandbox.odata.attributes import REGISTERED
from phistac.sandbox.odata.errors import not_found
from phistac.sandbox.odata.loading import read_lines
from phistac.sandbox.odata.service import CATALOGUE, endpoint, uuid_of
from phistac.sandbox.odata.trees import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["catch_all", "routes"]

_EVERY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(service: Service) -> list[Route]:
    """Return the routes of ``Attributes`` and of ``Assets(id)/$value``."""
    return [
        Route(f"{CATALOGUE}/Attributes", endpoint(_all_attributes), methods=["GET"]),
        Route(f"{CATALOGUE}/Attributes({{collection}})", endpoint(_attributes(service)), methods=["GET"]),
        Route(f"{CATALOGUE}/Assets({{id}})/$value", endpoint(_quicklook(service)), methods=["GET"]),
    ]


def catch_all(prefix: str) -> Route:
    """Return the route that answers 404 or 405 below a prefix, as JSON."""

    def refuse(_: Request, __: bytes) -> Response:
        raise not_found("Invalid odata path")

    return Route(f"{prefix}/{{rest:path}}", endpoint(refuse), methods=_EVERY)


def _listed(table: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "ValueType": kind} for name, kind in table.items()]


def _all_attributes(_: Request, __: bytes) -> Response:
    merged = {name: kind for table in REGISTERED.values() for name, kind in table.items()}
    return JSONResponse(_listed(merged))


def _attributes(service: Service) -> Handler:
    def attributes(request: Request, _: bytes) -> Response:
        table = service.store.registry.listed(request.path_params["collection"])
        if table is None:
            raise not_found()
        return JSONResponse(_listed(table))

    return attributes


def _quicklook(service: Service) -> Handler:
    # Read for every request: the file is small, and the archive may be added to.
    def quicklook(request: Request, _: bytes) -> Response:
        identifier = uuid_of(request)
        for row in read_lines(service.root / "catalogue" / "quicklooks.jsonl"):
            if str(row["Id"]).lower() == identifier:
                path = inside(service.root, row["Path"])
                if path is not None and path.is_file():
                    return FileResponse(path, media_type=mimetypes.guess_type(path.name)[0] or "image/jpeg")
        raise not_found()

    return quicklook
