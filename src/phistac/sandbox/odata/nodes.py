"""The inside of a product: anybody may list it level by level, files need a bearer token.

Files come whole: that the service answers byte ranges here is nowhere documented, so a ``Range`` is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

from phistac.sandbox.odata.downloads import product_row, product_tree
from phistac.sandbox.odata.errors import not_found
from phistac.sandbox.odata.service import CATALOGUE, DOWNLOAD, account, base_url, endpoint
from phistac.sandbox.odata.zipstream import file_entry

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["routes"]

_PATH = re.compile(r"((?:/Nodes\([^/()]+\))*)/(Nodes|\$value)")
_NAME = re.compile(r"/Nodes\(([^/()]+)\)")


def routes(service: Service) -> list[Route]:
    """Return the routes of ``Products(id)/Nodes...``."""
    return [
        Route(f"{CATALOGUE}/Products({{id}})/Nodes{{rest:path}}", endpoint(_redirect), methods=["GET"]),
        Route(f"{DOWNLOAD}/Products({{id}})/Nodes{{rest:path}}", endpoint(_nodes(service)), methods=["GET"]),
    ]


def _redirect(request: Request, _: bytes) -> Response:
    path = request.url.path.removeprefix(CATALOGUE)
    return RedirectResponse(base_url(request, DOWNLOAD) + path, status_code=301)


def _nodes(service: Service) -> Handler:
    def nodes(request: Request, _: bytes) -> Response:
        match = _PATH.fullmatch(f"/Nodes{request.path_params['rest']}")
        if match is None:
            raise not_found("Invalid odata path")
        names = _NAME.findall(match[1])
        if match[2] == "$value":
            account(service, request)
        product = product_tree(service, product_row(service, request))
        if match[2] == "$value":
            return _file(_descend(product, names))
        url = f"{base_url(request, DOWNLOAD)}/Products({request.path_params['id']}){match[1]}"
        return JSONResponse({"result": _listing(product, names, url)})

    return nodes


def _descend(product: Path, names: list[str]) -> Path:
    """Follow names from the product down; each must be an entry of the level above, so none can leave it."""
    if not names or names[0] != product.name:
        raise not_found()
    path = product
    for name in names[1:]:
        path = next((child for child in _children(path) if child.name == name), path / "\0")
        if path.name == "\0":
            raise not_found()
    return path


def _children(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else []


def _file(path: Path) -> Response:
    if not path.is_file():
        raise not_found()
    entry = file_entry(path.name, path)
    headers = {"Content-Disposition": f"attachment; filename={path.name}", "Content-Length": str(entry.size)}
    return StreamingResponse(entry.chunks(), headers=headers, media_type="application/octet-stream")


def _listing(product: Path, names: list[str], url: str) -> list[dict[str, Any]]:
    level = _children(_descend(product, names)) if names else [product]
    return [_node(path, url) for path in level]


def _node(path: Path, url: str) -> dict[str, Any]:
    return {
        "Id": path.name,
        "Name": path.name,
        "ContentLength": path.stat().st_size if path.is_file() else 0,
        "ChildrenNumber": len(_children(path)),
        "Nodes": {"uri": f"{url}/Nodes({path.name})/Nodes"},
    }
