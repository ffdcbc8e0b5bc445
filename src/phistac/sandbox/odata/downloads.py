"""Whole products as zip archives: a redirect at the catalogue, the archive itself behind a bearer token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from phistac.sandbox.odata.errors import not_found
from phistac.sandbox.odata.fields import PRODUCTS
from phistac.sandbox.odata.service import CATALOGUE, DOWNLOAD, account, base_url, endpoint, uuid_of
from phistac.sandbox.odata.trees import files_of, object_path
from phistac.sandbox.odata.zipstream import file_entry, zip_chunks, zip_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.requests import Request

    from phistac.sandbox.odata.service import Handler, Service
    from phistac.sandbox.odata.zipstream import Entry

__all__ = ["archive", "product_row", "product_tree", "routes"]


def routes(service: Service) -> list[Route]:
    """Return the routes of ``Products(id)/$value`` and ``/$zip``."""
    found = []
    for suffix in ("$value", "$zip"):
        found += [
            Route(f"{CATALOGUE}/Products({{id}})/{suffix}", endpoint(_redirect(service, suffix)), methods=["GET"]),
            Route(f"{DOWNLOAD}/Products({{id}})/{suffix}", endpoint(_download(service, suffix)), methods=["GET"]),
        ]
    return found


def product_row(service: Service, request: Request) -> dict[str, Any]:
    """Return the row of the product in the path; a 404 if there is none."""
    row = service.store.get(PRODUCTS, uuid_of(request))
    if row is None:
        raise not_found(PRODUCTS.missing)
    return {**json.loads(row["row"] + "}"), "Locations": json.loads(row["locations"])}


def product_tree(service: Service, row: dict[str, Any]) -> Path:
    """Return the file or folder of a product; a 404 if the archive has only its record."""
    path = object_path(service.root, row["S3Path"])
    if path is None:
        raise not_found(PRODUCTS.missing)
    return path


def archive(entries: Sequence[Entry], name: str, *, head: bool) -> Response:
    """Return a zip as a response, of known length, made while it is sent."""
    headers = {
        "Content-Disposition": f"attachment; filename={name}",
        "Content-Length": str(zip_size(entries)),
    }
    if head:
        return Response(headers=headers, media_type="application/zip")
    return StreamingResponse(zip_chunks(entries), headers=headers, media_type="application/zip")


def _redirect(service: Service, suffix: str) -> Handler:
    def redirect(request: Request, _: bytes) -> Response:
        row = product_row(service, request)
        return RedirectResponse(f"{base_url(request, DOWNLOAD)}/Products({row['Id']})/{suffix}", status_code=301)

    return redirect


def _download(service: Service, suffix: str) -> Handler:
    def download(request: Request, _: bytes) -> Response:
        account(service, request)
        row = product_row(service, request)
        formats = {location.get("FormatType") for location in row["Locations"]}
        if suffix == "$zip" and "Compressed" not in formats:
            raise not_found(PRODUCTS.missing)
        entries = [file_entry(name, path) for name, path in files_of(product_tree(service, row))]
        name = row["Name"].removesuffix(".SAFE").removesuffix(".SEN3")
        return archive(entries, f"{name}.zip", head=request.method == "HEAD")

    return download
