"""The STAC documents of collections: extent, license, providers, summaries, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.stac.collections import BURSTS, Collection
from phistac.stac.extensions import EXTENSIONS
from phistac.stac.missions import DESIGNATORS, GSD, MISSIONS, Mission
from phistac.stac.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["collection_document"]

_LICENSE = {
    "rel": "license",
    "href": "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice",
    "type": "application/pdf",
    "title": "Legal notice on the use of Copernicus Sentinel Data and Service Information",
}
_NO_MISSION = Mission("", (), (), "1970-01-01T00:00:00Z", "https://dataspace.copernicus.eu")
_SUMMARIZED = ("product", "sar", "sat")


def collection_document(found: Collection, service: Service | None = None) -> dict[str, Any]:
    """Return a collection as STAC 1.1, with the links of the API that serves it.

    Parameters
    ----------
    found : Collection
        From :func:`phistac.stac.collections.collection`.
    service : Service, optional
        Whose addresses the links carry.
    """
    service = service or Service()
    mission = MISSIONS.get(found.odata, _NO_MISSION)
    summaries = _summaries(found, mission)
    prefixes = {key.partition(":")[0] for key in summaries if ":" in key}
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [
            EXTENSIONS[prefix] for prefix in EXTENSIONS if prefix in {"auth", "storage", *(prefixes & {*_SUMMARIZED})}
        ],
        "id": found.id,
        "title": found.title,
        "description": found.description,
        "keywords": ["Copernicus", *([mission.constellation] if mission.constellation else []), *found.product_types],
        "license": "other",
        "providers": _providers(found, mission),
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
            "temporal": {"interval": [[mission.start, None]]},
        },
        "summaries": summaries,
        "auth:schemes": service.auth_schemes,
        "storage:schemes": service.storage_schemes,
        "links": _links(found, service),
    }


def _summaries(found: Collection, mission: Mission) -> dict[str, Any]:
    types = list(found.product_types)
    designators = [DESIGNATORS[name] for name in mission.platforms if name in DESIGNATORS]
    gsd = sorted({GSD[name] for name in types if name in GSD})
    radar = mission.constellation == "sentinel-1" and not found.id.endswith("-aux")
    summaries: Mapping[str, list[Any]] = {
        "constellation": [mission.constellation] if mission.constellation else [],
        "platform": list(mission.platforms),
        "instruments": list(mission.instruments) if len(mission.instruments) == 1 else [],
        "gsd": gsd,
        "product:type": types,
        "sat:platform_international_designator": designators,
        "sat:orbit_state": ["ascending", "descending"] if radar else [],
        "sar:frequency_band": ["C"] if radar else [],
        "sar:center_frequency": [5.405] if radar else [],
        "sar:polarizations": ["VV", "VH", "HH", "HV"] if radar else [],
    }
    return {key: values for key, values in summaries.items() if values}


def _providers(found: Collection, mission: Mission) -> list[dict[str, Any]]:
    producer = (
        {"name": "USGS", "url": "https://www.usgs.gov"} if mission.constellation == "landsat" else {"name": "ESA"}
    )
    makes_it = ["host", "processor"] if found.id == "sentinel-1-grd" else ["host"]
    return [
        {"url": mission.url, **producer, "roles": ["producer"]},
        {"name": "European Commission", "url": "https://commission.europa.eu/", "roles": ["licensor"]},
        {"name": "CloudFerro", "url": "https://cloudferro.com/", "roles": makes_it},
    ]


def _links(found: Collection, service: Service) -> list[dict[str, Any]]:
    url = service.collection_url(found.id)
    links = [
        {"rel": "self", "href": url, "type": "application/json"},
        {"rel": "root", "href": service.root, "type": "application/json"},
        {"rel": "parent", "href": service.root, "type": "application/json"},
        {"rel": "items", "href": f"{url}/items", "type": "application/geo+json"},
        {
            "rel": "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            "href": f"{url}/queryables",
            "type": "application/schema+json",
        },
        _LICENSE,
    ]
    if found.id == BURSTS:
        links.append(
            {"rel": "derived_from", "href": service.collection_url("sentinel-1-slc"), "type": "application/json"}
        )
    return links
