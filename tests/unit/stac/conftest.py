"""Validation of Items and collections without a network: pystac's core schemas and those of tests/data/schemas."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

import pystac.validation
import pytest

_SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"


@pytest.fixture(scope="session")
def schemas():
    found = [json.loads(path.read_text()) for path in sorted(_SCHEMAS.glob("*.json"))]
    ours = importlib.resources.files("phistac.stac") / "schemas" / "burst-v1.0.0.json"
    found.append(json.loads(ours.read_text()))
    return {schema["$id"].rstrip("#"): schema for schema in found}


@pytest.fixture
def validate(schemas):
    """Validate a dict against the core and *every* extension it names; one without schema here is a failure."""
    validator = pystac.validation.RegisteredValidator.get_validator()
    validator.schema_cache.update(schemas)

    def check(value):
        missing = [uri for uri in value["stac_extensions"] if uri not in schemas]
        assert not missing, f"no schema for {missing}"
        checked = pystac.validation.validate_dict(value)
        assert len(checked) == 1 + len(value["stac_extensions"])

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
