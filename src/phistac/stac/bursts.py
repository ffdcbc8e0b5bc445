"""Sentinel-1 bursts as STAC Items of the collection ``sentinel-1-slc-burst``.

No published extension can say which burst this is, or where in which object its samples lie; ours does, see
``stac/schemas/burst-v1.0.0.json``. In the measurement TIFF the samples of a burst are one contiguous byte range:
complex 16-bit integers, uncompressed, strip after strip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.odata.footprints import bounds
from phistac.stac.assets import s3_href, s3_refs
from phistac.stac.burst_ids import BurstKey
from phistac.stac.collections import BURSTS
from phistac.stac.extensions import extensions_of
from phistac.stac.ids import item_id
from phistac.stac.missions import DESIGNATORS, MISSIONS
from phistac.stac.service import Service

if TYPE_CHECKING:
    from phistac.odata.records import Burst

__all__ = ["burst_item"]

_BYTES_PER_SAMPLE = 4
_DEFAULT = Service()
_TIFF = "image/tiff; application=geotiff"


def burst_item(burst: Burst, service: Service | None = None) -> dict[str, Any]:
    """Return a burst as a STAC 1.1 Item.

    Parameters
    ----------
    burst : Burst
        A row of ``Bursts``.
    service : Service, optional
        Whose addresses to write.

    Returns
    -------
    dict
        JSON-ready. Assets: ``data`` (the TIFF of the sub-swath, with ``burst:byte_offset`` and ``burst:byte_length``),
        ``annotation`` (its metadata), ``safe_manifest`` (the parent's), ``on_demand`` (answers POST with the burst as a
        small SAFE product).
    """
    service = service or _DEFAULT
    properties = _properties(burst, service)
    assets = _assets(burst, service)
    made: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions_of(properties, assets),
        "id": burst.name,
        "geometry": burst.footprint,
        "properties": properties,
        "links": _links(burst, service),
        "assets": assets,
        "collection": BURSTS,
    }
    if burst.footprint is not None:
        made["bbox"] = bounds(burst.footprint)
    return made


def _properties(burst: Burst, service: Service) -> dict[str, Any]:
    unit = burst.platform_unit.lower()
    platform = f"sentinel-1{unit}" if unit.isalpha() else None
    key = BurstKey(burst.burst_id, burst.swath)
    values = {
        "datetime": burst.start,
        "start_datetime": burst.start,
        "end_datetime": burst.end,
        "platform": platform,
        "constellation": "sentinel-1",
        "instruments": ["sar"],
        "product:type": burst.parent_type or None,
        "sat:orbit_state": burst.orbit_state,
        "sat:relative_orbit": burst.relative_orbit,
        "sat:platform_international_designator": DESIGNATORS.get(platform or ""),
        **MISSIONS["SENTINEL-1"].constants,
        "sar:instrument_mode": burst.mode,
        "sar:beam_ids": [burst.swath.lower()],
        "sar:polarizations": [burst.polarization],
        "eopf:datatake_id": None if burst.datatake is None else str(burst.datatake),
        "burst:id": str(key),
        "burst:relative_id": burst.burst_id,
        "burst:absolute_id": burst.absolute_burst_id,
        "burst:swath": burst.swath,
        "burst:index": _index(burst),
        "burst:lines": burst.lines,
        "burst:samples": burst.samples,
        "burst:azimuth_time": burst.azimuth_time,
        "burst:azimuth_anx_time": burst.azimuth_anx_time,
        "auth:schemes": service.auth_schemes,
        "storage:schemes": service.storage_schemes,
    }
    return {name: value for name, value in values.items() if value is not None}


def _index(burst: Burst) -> int | None:
    """Count from 0 in the swath: the row has the first line, not the number of the burst."""
    if burst.first_line is None or not burst.lines or burst.first_line % burst.lines:
        return None
    return burst.first_line // burst.lines


def _assets(burst: Burst, service: Service) -> dict[str, dict[str, Any]]:
    refs = {"alternate:name": "S3", **s3_refs()}
    assets: dict[str, dict[str, Any]] = {}
    if burst.s3_path:
        assets["data"] = {
            "type": _TIFF,
            "title": f"{burst.polarization} measurement of the sub-swath {burst.swath}",
            "description": "The burst is the byte range of burst:byte_length bytes from burst:byte_offset on.",
            "roles": ["data", burst.swath.lower()],
            "data_type": "cint16",
            "sar:polarizations": [burst.polarization],
            **_range(burst),
            "href": s3_href(burst.s3_path),
            **refs,
        }
    folder, separator, name = burst.s3_path.rpartition("/measurement/")
    if separator:
        metadata = {"type": "application/xml", "roles": ["metadata"], **refs}
        stem = name.rpartition(".")[0]
        assets["annotation"] = {
            "title": f"{burst.polarization} annotation of the sub-swath {burst.swath}",
            "href": f"{s3_href(folder)}/annotation/{stem}.xml",
            **metadata,
        }
        assets["safe_manifest"] = {
            "title": "manifest.safe of the parent product",
            "href": f"{s3_href(folder)}/manifest.safe",
            **metadata,
        }
    assets["on_demand"] = {
        "type": "application/zip",
        "title": "The burst alone, as a small SAFE product",
        "description": "Made while you wait: send POST, and POST again to where it redirects, with a bearer token.",
        "roles": ["data", "archive"],
        "href": f"{service.settings.catalogue_url}/Bursts({burst.id})/$value",
        "auth:refs": ["oidc"],
    }
    return assets


def _range(burst: Burst) -> dict[str, int]:
    if burst.byte_offset is None or not burst.lines or not burst.samples:
        return {}
    length = _BYTES_PER_SAMPLE * burst.lines * burst.samples
    return {"burst:byte_offset": burst.byte_offset, "burst:byte_length": length}


def _links(burst: Burst, service: Service) -> list[dict[str, Any]]:
    links = [{"rel": "collection", "href": service.collection_url(BURSTS), "type": "application/json"}]
    if burst.parent_name:
        parent = item_id(burst.parent_name)
        links.append(
            {
                "rel": "derived_from",
                "href": service.item_url("sentinel-1-slc", parent),
                "type": "application/geo+json",
                "title": parent,
            }
        )
    return links
