"""What stac-fastapi calls for each path: the core's answer, with links to where the request came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attr
from fastapi.responses import JSONResponse
from stac_fastapi.api.models import GeoJSONResponse, JSONSchemaResponse
from stac_fastapi.extensions.filter.client import BaseFiltersClient
from stac_fastapi.extensions.sort.client import BaseSortablesClient
from stac_fastapi.types.core import BaseCoreClient
from stac_fastapi.types.requests import get_base_url

from phistac.errors import QueryError
from phistac.remote.stacapi.api import Api
from phistac.server.strict import check_body, check_times

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request
    from starlette.responses import Response

    from phistac.remote.catalogue.catalogue import Catalogue

__all__ = ["Core"]

_PAGE = 100
_SERVED = ("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",)


@attr.s
class Core(BaseCoreClient, BaseFiltersClient, BaseSortablesClient):
    """Answers through :class:`phistac.remote.stacapi.api.Api`.

    stac-fastapi runs the methods in its threads. They return whole responses, so that a page of Items is written as
    JSON there too, and once.

    Parameters
    ----------
    catalogue : Catalogue
        Shared by all requests.
    """

    catalogue: Catalogue = attr.ib(kw_only=True)

    def landing_page(self, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /``."""
        page = self._api(request).handle("GET", "/")
        page["conformsTo"] = self._conformance(page)
        base = get_base_url(request).rstrip("/")
        app = request.app
        page["links"] += [
            {
                "rel": "service-desc",
                "href": f"{base}{app.openapi_url}",
                "type": "application/vnd.oai.openapi+json;version=3.0",
                "title": "OpenAPI description of this service",
            },
            {"rel": "service-doc", "href": f"{base}{app.docs_url}", "type": "text/html", "title": "The same, to read"},
        ]
        return JSONResponse(page)

    def conformance(self, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /conformance``."""
        return JSONResponse({"conformsTo": self._conformance(self._api(request).handle("GET", "/conformance"))})

    def all_collections(self, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /collections``."""
        return JSONResponse(self._api(request).handle("GET", "/collections", _query(request)))

    def get_collection(self, collection_id: str, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /collections/{collection_id}``."""
        return JSONResponse(self._api(request).handle("GET", f"/collections/{collection_id}"))

    def item_collection(self, collection_id: str, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /collections/{collection_id}/items``."""
        params = {"limit": _PAGE, **_query(request)}
        return GeoJSONResponse(self._api(request).handle("GET", f"/collections/{collection_id}/items", params))

    def get_item(self, item_id: str, collection_id: str, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /collections/{collection_id}/items/{item_id}``."""
        return GeoJSONResponse(self._api(request).handle("GET", f"/collections/{collection_id}/items/{item_id}"))

    def get_search(self, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /search``."""
        return GeoJSONResponse(self._api(request).handle("GET", "/search", {"limit": _PAGE, **_query(request)}))

    def post_search(self, search_request: BaseModel, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``POST /search``."""
        try:
            body = search_request.model_dump(mode="json", by_alias=True, exclude_unset=True)
        except ValueError as error:  # pydantic's word for too many levels
            raise QueryError(f"the body of the search cannot be read ({error})") from error
        check_body(body)
        return GeoJSONResponse(self._api(request).handle("POST", "/search", {"limit": _PAGE, **body}))

    def get_queryables(self, request: Request, collection_id: str | None = None, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /queryables``, and that of a collection."""
        path = "/queryables" if collection_id is None else f"/collections/{collection_id}/queryables"
        return JSONSchemaResponse(self._api(request).handle("GET", path))

    def get_sortables(self, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /sortables``."""
        return JSONSchemaResponse(self._api(request).handle("GET", "/sortables"))

    def get_collection_sortables(self, collection_id: str, request: Request, **_: Any) -> Response:  # type: ignore[override]  # a response is one
        """Answer ``GET /collections/{collection_id}/sortables``."""
        return JSONSchemaResponse(self._api(request).handle("GET", f"/collections/{collection_id}/sortables"))

    def _api(self, request: Request) -> Api:
        return Api(self.catalogue, root=get_base_url(request))

    @staticmethod
    def _conformance(page: dict[str, Any]) -> list[str]:
        return [*page["conformsTo"], *_SERVED]


def _query(request: Request) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) < len(pairs):
        raise QueryError("a parameter stands twice in the address", remedy="Write lists with commas between.")
    check_times(query)
    return query
