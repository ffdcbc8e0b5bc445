"""pystac-client on the catalogue: single Items and collections, collection search, queryables; warnings are errors."""

from __future__ import annotations

import pytest
from jsonschema import Draft201909Validator

from phistac.remote.stacapi.stac_io import connect
from phistac.stac.service import ROOT

_KINDS = ("sentinel-2-l2a", "sentinel-1-slc", "sentinel-1-slc-burst", "sentinel-1-aux", "sentinel-1-grd",
          "sentinel-3-olci-1-efr-ntc", "sentinel-5p-l2-no2-offl")  # fmt: skip


@pytest.fixture(scope="module")
def cdse(seeded_root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def catalog(cdse):
    with connect(cdse.settings) as client:
        yield client


def test_single_items(catalog):
    for name in _KINDS:
        collection = catalog.get_collection(name)
        item = next(collection.get_items())
        assert collection.get_item(item.id).properties == item.properties
        assert [each.id for each in collection.get_items(item.id)] == [item.id]
        assert item.collection_id == name
        assert collection.get_item("nothing") is None


def test_collections_and_their_search(catalog):
    listed = {each.id: each for each in catalog.get_collections()}
    assert set(_KINDS) <= set(listed)
    assert catalog.get_collection("sentinel-2-l2a").to_dict()["title"] == listed["sentinel-2-l2a"].title
    assert catalog.get_collection("nothing") is None
    found = [each.id for each in catalog.collection_search(q="burst").collections()]
    assert found == ["sentinel-1-slc-burst"]
    landsat = catalog.collection_search(datetime="1990", bbox=[14, 40, 15, 41]).collections()
    assert {each.id for each in landsat} & {"landsat-5"}
    assert not {each.id for each in catalog.collection_search(datetime="1990").collections()} & set(_KINDS)


def test_queryables_are_what_can_be_searched(catalog):
    """Each Item satisfies the schema, and each queryable that it has finds it."""
    for name in _KINDS:
        schema = catalog.get_collection(name).get_queryables()
        Draft201909Validator.check_schema(schema)
        item = next(catalog.search(collections=[name], max_items=1).items_as_dicts())
        table = {key: value for key, value in schema["properties"].items() if key in item["properties"]}
        Draft201909Validator({**schema, "properties": table}).validate({key: item["properties"][key] for key in table})
        plain = {key for key, value in item["properties"].items() if not isinstance(value, dict)}
        assert plain == set(table), "every plain property of an Item can be searched by"
        terms = [_equal(key, item["properties"][key]) for key in sorted(table)]
        search = catalog.search(collections=[name], filter={"op": "and", "args": terms}, filter_lang="cql2-json")
        assert item["id"] in {each["id"] for each in search.items_as_dicts()}


def _equal(name, value):
    return {"op": "=", "args": [{"property": name}, value]}


def test_queryables_and_sortables_of_everything(catalog):
    everything = catalog.get_queryables()
    assert everything["properties"]["sat:relative_orbit"]["type"] == "integer"
    assert "relativeOrbitNumber" in everything["properties"]["sat:relative_orbit"]["description"]
    merged = catalog.get_merged_queryables(["sentinel-2-l2a", "sentinel-1-slc-burst"])
    assert {"eo:cloud_cover", "burst:id"} <= set(merged["properties"])
    sortables = catalog._stac_io.read_json(f"{ROOT}/collections/sentinel-1-slc-burst/sortables")
    assert set(sortables["properties"]) == {"datetime", "start_datetime", "end_datetime"}
    for name in catalog._stac_io.read_json(f"{ROOT}/sortables")["properties"]:
        assert next(catalog.search(collections=["sentinel-2-l2a"], sortby=name, max_items=1).items())
