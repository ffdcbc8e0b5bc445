"""The landing page of the STAC API, and the classes that it conforms to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.stac.collections import all_collections

if TYPE_CHECKING:
    from phistac.stac.service import Service

__all__ = ["CONFORMANCE", "landing_page"]

_STAC = "https://api.stacspec.org/v1.0.0"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = (
    f"{_STAC}/core",
    f"{_STAC}/collections",
    f"{_STAC}/ogcapi-features",
    f"{_STAC}/item-search",
    f"{_STAC}/item-search#fields",
    f"{_STAC}/item-search#filter",
    f"{_STAC}/item-search#query",
    # Exactly this version: pystac-client knows no v1.1.0/item-search#sort.
    f"{_STAC}/item-search#sort",
    f"{_STAC}/collection-search",
    f"{_STAC}/collection-search#free-text",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
    # Basic classes only, though more is understood: validators ask those that say more for properties that nothing has.
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/basic-spatial-functions",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
"""Conformance classes."""


def _missions() -> list[str]:
    return [each.id for each in all_collections().values() if not each.listed]


def landing_page(service: Service) -> dict[str, Any]:
    """Return the catalog at the root."""
    root = service.root
    json, geojson = "application/json", "application/geo+json"
    return {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": "phistac",
        "title": "Copernicus Data Space Ecosystem, through its OData catalogue",
        "description": (
            "Products and Sentinel-1 bursts of the Copernicus Data Space Ecosystem as STAC. Besides the collections "
            f"listed, a search may name a whole mission: {', '.join(_missions())}."
        ),
        "conformsTo": list(CONFORMANCE),
        "links": [
            {"rel": "self", "href": root, "type": json},
            {"rel": "root", "href": root, "type": json},
            {"rel": "data", "href": f"{root}/collections", "type": json},
            {"rel": "conformance", "href": f"{root}/conformance", "type": json},
            {"rel": "search", "href": f"{root}/search", "type": geojson, "method": "GET"},
            {"rel": "search", "href": f"{root}/search", "type": geojson, "method": "POST"},
            {
                "rel": "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                "href": f"{root}/queryables",
                "type": "application/schema+json",
            },
        ],
    }
