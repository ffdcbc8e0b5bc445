"""stac-api-validator against ``phistac serve`` on the sandbox, without the internet: no error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pystac_client import Client

_AREA = {"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}
_SEARCH = ("item-search", "filter", "item-search#filter")
_CLASSES = ("features", "item-search#sort", "item-search#fields", "item-search#query")


def _validate(root, item, classes):
    nested = "eo:cloud_cover" if "eo:cloud_cover" in item["properties"] else "sat:relative_orbit"
    number, platform = item["properties"][nested], item["properties"]["platform"]
    options = {
        "root_url": root,
        "ccs_to_validate": classes,
        "collection": item["collection"],
        "geometry": json.dumps(_AREA),
        "fields_nested_property": f"properties.{nested}",
        "validate_pagination": True,
        "query": {
            "query_comparison_field": nested,
            # As the validator's own command line hands them on: text.
            **{f"query_{operator}_value": str(number) for operator in ("eq", "lte", "gte")},
            "query_neq_value": str(number + 1),
            "query_lt_value": str(number + 1),
            "query_gt_value": str(number - 1),
            "query_substring_field": "platform",
            "query_starts_with_value": platform[:4],
            "query_ends_with_value": platform[-2:],
            "query_contains_value": platform[3:-1],
            "query_in_field": "instruments",  # the validator takes it to be a list
            "query_in_values": item["properties"]["instruments"][0],
        },
    }
    script = Path(__file__).with_name("offline_validator.py")
    run = subprocess.run(
        [sys.executable, script, json.dumps(options)], capture_output=True, text=True, timeout=150, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def _first(root, collection):
    return next(Client.open(root).search(collections=[collection], limit=1, max_items=1).items_as_dicts())


def test_the_validator_finds_no_error(served):
    found = _validate(served, _first(served, "sentinel-2-l2a"), ["core", "collections", *_CLASSES, *_SEARCH])
    assert found["missing"] == []
    assert found["errors"] == []


def test_the_validator_finds_no_error_in_bursts(served):
    # Its filters for item-search name no collection; without one, products are searched.
    found = _validate(served, _first(served, "sentinel-1-slc-burst"), _CLASSES)
    assert found["missing"] == []
    assert found["errors"] == []


def test_the_validator_would_find_one(served):
    item = {**_first(served, "sentinel-2-l2a"), "collection": "sentinel-2-l1c"}
    item["properties"]["platform"] = "landsat-1"
    assert _validate(served, item, ["item-search#query"])["errors"]
    assert _validate(f"{served}nothing", item, ["core"])["errors"]
