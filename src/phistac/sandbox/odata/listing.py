"""Searches and single rows: ``Products``, ``Bursts``, ``DeletedProducts``, and the list of names by POST."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from phistac.sandbox.odata.errors import not_found, unprocessable
from phistac.sandbox.odata.expressions import OneOf
from phistac.sandbox.odata.fields import ENTITIES, PRODUCTS
from phistac.sandbox.odata.options import parse_options
from phistac.sandbox.odata.rows import entity_text, list_text, next_link
from phistac.sandbox.odata.service import CATALOGUE, base_url, endpoint, query_of, uuid_of
from phistac.sandbox.odata.validator import parse_filter

if TYPE_CHECKING:
    from starlette.requests import Request

    from phistac.sandbox.odata.expressions import Expression
    from phistac.sandbox.odata.fields import Entity
    from phistac.sandbox.odata.service import Handler, Service

__all__ = ["routes"]


def routes(service: Service) -> list[Route]:
    """Return the routes of every entity set."""
    found = [
        Route(
            f"{CATALOGUE}/Products/OData.CSC.FilterList",
            endpoint(lambda request, body: _page(service, PRODUCTS, request, OneOf(_names(body)))),
            methods=["POST"],
        )
    ]
    for entity in ENTITIES:
        found += [
            Route(f"{CATALOGUE}/{entity.name}", endpoint(_search(service, entity)), methods=["GET"]),
            Route(f"{CATALOGUE}/{entity.name}({{id}})", endpoint(_single(service, entity)), methods=["GET"]),
        ]
    return found


def _search(service: Service, entity: Entity) -> Handler:
    return lambda request, _: _page(service, entity, request, None)


def _single(service: Service, entity: Entity) -> Handler:
    def single(request: Request, _: bytes) -> Response:
        options = parse_options(query_of(request), entity, single=True)
        row = service.store.get(entity, uuid_of(request))
        if row is None:
            raise not_found(entity.missing)
        return _json(entity_text(entity, row, options, base=base_url(request)))

    return single


def _page(service: Service, entity: Entity, request: Request, where: Expression | None) -> Response:
    query = query_of(request)
    options = parse_options(query, entity)
    if options.filter is not None:
        if where is not None:
            raise unprocessable("$filter", "extra_forbidden", "Extra inputs are not permitted", options.filter)
        where = parse_filter(options.filter, entity, service.store.registry)
    rows = service.store.search(
        entity, where, order=options.orderby, top=options.top, skip=options.skip, salt=query or entity.name
    )
    count = service.store.count(entity, where) if options.count else None
    link = next_link(base_url(request, request.url.path), options, len(rows))
    return _json(list_text(entity, rows, options, base=base_url(request), count=count, link=link))


def _names(body: bytes) -> tuple[str, ...]:
    try:
        names = tuple(product["Name"] for product in json.loads(body)["FilterProducts"])
    except (ValueError, TypeError, KeyError) as error:
        message = 'Input should be {"FilterProducts": [{"Name": "..."}, ...]}'
        raise unprocessable("FilterProducts", "missing", message, None, place="body") from error
    if not all(isinstance(name, str) for name in names):
        raise unprocessable("Name", "string_type", "Input should be a valid string", None, place="body")
    return names


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
