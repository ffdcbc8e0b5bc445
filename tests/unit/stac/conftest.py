"""Validation of Items and collections without a network: pystac's core schemas and those of tests/data/schemas."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource

_SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"


@pytest.fixture(scope="session")
def schemas():
    found = [json.loads(path.read_text()) for path in sorted(_SCHEMAS.glob("*.json"))]
    ours = importlib.resources.files("phistac.stac") / "schemas" / "burst-v1.0.0.json"
    found.append(json.loads(ours.read_text()))
    return {schema["$id"].rstrip("#"): schema for schema in found}


# Extensions of CDSE's own Items whose schemas are not at hand: nobody publishes the one, the tags of the others are gone.
# An Item that names one is validated against all the others, and this one is never counted as passed.
UNPUBLISHED = {
    "https://stac-extensions.github.io/altimetry/v0.1.0/schema.json": "instrument_type of Sentinel-6",
}


@pytest.fixture(scope="session")
def unpublished():
    return UNPUBLISHED


@pytest.fixture(scope="session")
def validate(schemas):
    """Validate a dict against the core and *every* extension it names; one without schema must be listed above.

    Validators are compiled once, so that thousands of Items can be checked.
    """
    known = {**get_local_schema_cache(), **schemas}
    registry = Registry().with_resources([(uri, Resource.from_contents(each)) for uri, each in known.items()])

    @cache
    def validator(uri):
        return validator_for(known[uri])(known[uri], registry=registry)

    def check(value):
        core = {"Feature": "item", "Collection": "collection"}[value["type"]]
        uris = [f"https://schemas.stacspec.org/v1.1.0/{core}-spec/json-schema/{core}.json", *value["stac_extensions"]]
        unknown = set(uris) - set(known) - set(UNPUBLISHED)
        assert not unknown, f"no schema for {unknown}"
        for uri in uris:
            if uri not in UNPUBLISHED:
                error = best_match(validator(uri).iter_errors(value))
                assert error is None, f"{value['id']}: {uri}: {error.json_path}: {error.message[:300]}"

    return check


@pytest.fixture
def record_rows(real_data):
    """Every real product record, with what file it is in."""
    rows = []
    for path in sorted((real_data / "cdse" / "odata_products").glob("*.json")):
        if "headers" in path.name or "attributes_only" in path.name:
            continue  # HTTP headers; attributes without a product
        content = json.loads(path.read_text())
        rows += [(path.name, row) for row in content.get("value", [content])]
    assert len(rows) >= 46
    return rows


@pytest.fixture
def burst_rows(real_data):
    """Every real burst record: one whole; eight whose long texts were cut, put together again; thirty with few fields.

    Of the cut ones, footprint and parent stand in the map of the same notebook. What is not known (the path, and of the
    thirty the name) is left out, or is the id.
    """
    folder = real_data / "cdse" / "odata_bursts"
    rows = [json.loads((folder / "docs_burst_15805_IW1_VH_entity.json").read_text())]
    drawn = json.loads((folder / "burst_footprints_nb8.geojson").read_text())["features"]
    cut = json.loads((folder / "truncated_bursts_nb8_8rows.json").read_text())
    cut = cut["value"] if isinstance(cut, dict) else cut
    for row, feature in zip(cut, drawn, strict=True):
        parent = feature["properties"]["tooltip"].partition(" | ")[0]
        assert parent.startswith(row["ParentProductName"].rstrip("."))
        whole = {name: value for name, value in row.items() if not str(value).endswith("...")}
        whole["ContentDate"] = {"Start": row["BeginningDateTime"], "End": row["EndingDateTime"]}
        rows.append({**whole, "GeoFootprint": feature["geometry"], "Footprint": None, "ParentProductName": parent})
    for path in sorted(folder.glob("partial_bursts_*.json")):
        rows += [{"Name": row["Id"], **row} for row in json.loads(path.read_text())["value"]]
    assert len(rows) == 39
    return rows


_COVERS = {
    "salineWaterCover": "saline_water", "coastalCover": "coastal", "freshInlandWaterCover": "fresh_inland_water",
    "tidalRegionCover": "tidal_region", "landCover": "land", "brightCover": "bright", "closedSeaCover": "closed_sea",
    "continentalIceCover": "continental_ice", "openOceanCover": "open_ocean",
}  # fmt: skip


def _attributes_of(native):
    p, mission = native["properties"], native["properties"]["constellation"]
    instruments = p["instruments"]
    take = p.get("eopf:datatake_id")
    processor = next((name for name in p.get("processing:software", {}) if name != "eometadatatool"), None)
    attributes = {
        "productType": p["product:type"] + ("-COG" if native["collection"] == "sentinel-1-grd" else ""),
        "platformShortName": mission.upper(),
        "platformSerialIdentifier": p["platform"][-1].upper() if "platform" in p else None,
        "instrumentShortName": "SYNERGY" if len(instruments) > 1 else instruments[0].upper(),
        "processingLevel": {"sentinel-1": "LEVEL1", "sentinel-2": p["product:type"]}.get(mission, p.get("processing:level", "L")[1:]),
        "processingDate": p.get("processing:datetime"),
        "processingCenter": p.get("processing:facility") if mission != "sentinel-3" else None,
        "processorName": processor,
        "processorVersion": p["processing:software"][processor] if processor else p.get("processing:version"),
        "orbitNumber": p.get("sat:absolute_orbit"),
        "relativeOrbitNumber": p.get("sat:relative_orbit"),
        "orbitDirection": p.get("sat:orbit_state", "").upper() or None,
        "cycleNumber": p.get("sat:orbit_cycle"),
        "cloudCover": p.get("eo:cloud_cover"),
        "snowOrIceCover": p.get("eo:snow_cover") if mission == "sentinel-3" else None,
        "timeliness": p.get("product:timeliness_category"),
        "tileId": p.get("grid:code", "").removeprefix("MGRS-") or None,
        "datastripId": p.get("eopf:datastrip_id"),
        "instrumentConfigurationID": p.get("eopf:instrument_configuration_id"),
        "operationalMode": p.get("sar:instrument_mode") or p.get("eopf:instrument_mode"),
        "polarisationChannels": "&".join(p.get("sar:polarizations", [])) or None,
        "swathIdentifier": ",".join(p.get("sar:beam_ids", [])).upper() or None,
        "productGroupId" if mission == "sentinel-2" else "datatakeID": int(take) if str(take).isdigit() else take,
    }  # fmt: skip
    if mission == "sentinel-3":
        statistics = p.get("statistics", {})
        attributes |= {name: statistics.get(key) for name, key in _COVERS.items()}
    return attributes


@pytest.fixture(scope="session")
def row_of():
    """Make the row that the catalogue would have for a native Item, from what the Item itself quotes of it."""

    def made(native):
        p, assets = native["properties"], native["assets"]
        whole = assets.get("product") or assets.get("Product") or assets["netcdf"]
        inside = next(asset for asset in assets.values() if asset["href"].startswith("s3://"))
        path = inside["href"].removeprefix("s3:/")
        if "netcdf" not in assets:
            path = path.removesuffix(f"/{inside['file:local_path'].partition('/')[2]}")
        address = whole["href"] if "Products(" in whole["href"] else whole["alternate"]["https"]["href"]
        known = {"Algorithm": "MD5", "Value": whole.get("file:checksum", "")[6:]}
        look = assets.get("thumbnail", {}).get("href", "")
        return {
            "Id": address.partition("Products(")[2].partition(")")[0],
            "Name": path.rpartition("/")[2],
            "S3Path": path,
            "ContentLength": whole.get("file:size", 0),
            "Checksum": [known] if known["Value"] else [{}],
            "ContentDate": {"Start": p["start_datetime"], "End": p["end_datetime"]},
            "OriginDate": p["created"],
            "PublicationDate": p["published"],
            "ModificationDate": p["updated"],
            "EvictionDate": "9999-12-31T23:59:59.999999Z" if "expires" in p else "",
            "GeoFootprint": native["geometry"],
            "Attributes": [{"Name": k, "Value": v} for k, v in _attributes_of(native).items() if v is not None],
            "Assets": [{"Type": "QUICKLOOK", "Id": "q", "DownloadLink": look}] if look else [],
        }

    return made
