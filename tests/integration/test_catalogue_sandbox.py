"""connect() against the sandbox, strict: searches, bursts, filters, tables; warnings are errors."""

from __future__ import annotations

import json

import pystac
import pytest
from pystac_client import Client

from phistac.errors import DatetimeError, GeometryError, UnknownCollectionError
from phistac.odata.filters import Comparison, NamePattern
from phistac.odata.query import Query
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.stacapi.stac_io import StacIO, connect
from phistac.stac.service import ROOT
from phistac.stac.tables import to_geodataframe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("archive") / "seeded"


@pytest.fixture
def cdse(root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=root) as sandbox:
        yield sandbox


@pytest.fixture
def catalog(cdse):
    client = connect()
    yield client
    client._stac_io.close()


def _records(cdse, name):
    with (cdse.root / "catalogue" / name).open() as lines:
        return [json.loads(line) for line in lines]


_SHAPED = ("sentinel-1-slc", "sentinel-1-grd", "sentinel-1-grd-safe", "sentinel-2-l1c", "sentinel-2-l2a")


def test_searches_are_complete(cdse, catalog):
    products = _records(cdse, "products.jsonl")
    found = {}
    for name in (*_SHAPED, "sentinel-1-raw", "sentinel-1-aux", "sentinel-3-olci-1-efr-ntc", "sentinel-5p-l2-no2-offl"):
        search = catalog.search(collections=[name], limit=7)
        items = list(search.items())
        assert search.matched() == len(items)
        assert {item.collection_id for item in items} == {name}
        found.update({item.id: item for item in items})
    names = {
        row["Name"].removesuffix(".SAFE").removesuffix(".SEN3").removesuffix(".nc").removesuffix(".EOF")
        for row in products
    }
    assert set(found) == names
    assert len(found) == len(products)


def test_bursts_are_complete_and_found_by_their_id(cdse, catalog):
    rows = _records(cdse, "bursts.jsonl")
    items = list(catalog.search(collections=["sentinel-1-slc-burst"], limit=100).items())
    assert sorted(item.id for item in items) == sorted(row["Name"] for row in rows)
    one = items[0]
    series = catalog.search(
        collections=["sentinel-1-slc-burst"],
        filter={"op": "=", "args": [{"property": "burst:id"}, one.properties["burst:id"]]},
        filter_lang="cql2-json",
    ).item_collection()
    expected = {
        row["Name"]
        for row in rows
        if row["BurstId"] == one.properties["burst:relative_id"]
        and row["SwathIdentifier"] == one.properties["burst:swath"]
    }
    assert {item.id for item in series} == expected
    parent = catalog.get_collection("sentinel-1-slc").get_item(one.get_single_link("derived_from").title)
    assert parent is not None
    assert one.assets["data"].href.startswith(next(link.href for link in parent.links if link.rel == "enclosure"))


def test_area_and_time(cdse, catalog):
    slc = list(catalog.search(collections=["sentinel-1-slc"]).items())
    first = min(slc, key=lambda item: item.datetime)
    west, south, east, north = first.bbox
    inside = [
        west + (east - west) / 2.1,
        south + (north - south) / 2.1,
        west + (east - west) / 1.9,
        north - (north - south) / 2.1,
    ]
    found = catalog.search(collections=["sentinel-1-slc"], bbox=inside, datetime=first.datetime.strftime("%Y-%m-%d"))
    assert first.id in {item.id for item in found.items()}
    table = to_geodataframe(slc)
    import shapely

    around = table.geometry.intersects(shapely.box(*inside))
    assert {item.id for item in catalog.search(collections=["sentinel-1-slc"], bbox=inside).items()} == set(
        table["id"][around]
    )
    month = catalog.search(collections=["sentinel-1-slc"], datetime=f"{first.datetime:%Y-%m}")
    expected = table["id"][table["datetime"].dt.month == first.datetime.month]
    assert {item.id for item in month.items()} == set(expected)
    assert catalog.search(collections=["sentinel-1-slc"], datetime="2015").matched() == 0


def test_filters_find_what_the_items_say(catalog):
    everything = list(catalog.search(collections=list(_SHAPED)).items())
    asked = (
        ("sentinel-1-slc", "sat:relative_orbit"),
        ("sentinel-1-slc", "sat:orbit_state"),
        ("sentinel-1-slc", "platform"),
        ("sentinel-1-slc", "eopf:datatake_id"),
        ("sentinel-1-grd", "product:type"),
        ("sentinel-1-grd-safe", "processing:version"),
        ("sentinel-2-l2a", "grid:code"),
        ("sentinel-2-l2a", "processing:level"),
        ("sentinel-2-l1c", "eopf:datastrip_id"),
    )
    for collection, name in asked:
        items = [item for item in everything if item.collection_id == collection]
        value = items[0].properties[name]
        found = catalog.search(collections=[collection], query={name: {"eq": value}}).items()
        assert {item.id for item in found} == {item.id for item in items if item.properties[name] == value}, name
    cloudy = [item for item in everything if item.properties.get("eo:cloud_cover", 0) >= 50]
    found = catalog.search(collections=["sentinel-2-l1c", "sentinel-2-l2a"], query={"eo:cloud_cover": {"gte": 50}})
    assert {item.id for item in found.items()} == {item.id for item in cloudy}


def test_single_items_and_what_is_not_there(catalog):
    item = next(catalog.search(collections=["sentinel-2-l2a"], max_items=1).items())
    again = catalog.get_collection("sentinel-2-l2a").get_item(item.id)
    first, second = again.to_dict(), item.to_dict()
    # pystac-client makes the collection the root of what it gets from it.
    hrefs = [
        {link["rel"]: link["href"] for link in each.pop("links") if link["rel"] != "root"} for each in (first, second)
    ]
    assert hrefs[0] == hrefs[1]
    assert first == second
    assert [each.id for each in catalog.search(ids=[item.id]).items()] == [item.id]
    assert catalog.get_collection("sentinel-2-l2a").get_item("nothing") is None
    assert catalog.get_collection("nothing") is None


def test_order_fields_and_paging(catalog):
    oldest = list(catalog.search(collections=["sentinel-2-l2a", "sentinel-2-l1c"], sortby="+datetime", limit=9).items())
    newest = list(catalog.search(collections=["sentinel-2-l2a"], limit=9).items())
    assert [item.datetime for item in oldest] == sorted(item.datetime for item in oldest)
    assert [item.datetime for item in newest] == sorted((item.datetime for item in newest), reverse=True)
    slim = next(
        catalog.search(collections=["sentinel-2-l2a"], fields=["properties.datetime"], max_items=1).items_as_dicts()
    )
    assert set(slim["properties"]) == {"datetime"}


def test_bad_searches_are_one_clear_line(catalog):
    with pytest.raises(UnknownCollectionError, match="Did you mean"):
        catalog.search(collections=["sentinel-2-l2"]).item_collection()
    with pytest.raises(DatetimeError, match="ends before it starts"):
        catalog.search(
            collections=["sentinel-2-l2a"], datetime="2024-02-01T00:00:00Z/2024-01-01T00:00:00Z"
        ).item_collection()
    crossed = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    with pytest.raises(GeometryError, match="not a valid"):
        catalog.search(collections=["sentinel-2-l2a"], intersects=crossed).item_collection()


def test_a_client_by_hand(cdse):
    io = StacIO(cdse.settings)
    client = Client.open(ROOT, stac_io=io)
    assert len(list(client.get_collections())) > 100
    assert "burst:relative_id" in client.get_collection("sentinel-1-slc-burst").get_queryables()["properties"]
    assert next(each.id for each in client.collection_search(q="burst").collections()) == "sentinel-1-slc-burst"
    io.close()


def test_items_point_at_the_sandbox(cdse, catalog):
    item = next(catalog.search(collections=["sentinel-1-slc"], max_items=1).items())
    assert item.assets["product"].href.startswith(cdse.settings.download_url)
    assert item.properties["storage:schemes"]["cdse-s3"]["platform"] == cdse.settings.s3_url
    assert item.assets["safe_manifest"].href.startswith("s3://eodata/Sentinel-1/")


def test_the_catalogue_itself(cdse):
    with Catalogue() as catalogue:
        query = Query(filter=Comparison("Collection/Name", "eq", "SENTINEL-2") & NamePattern("startswith", "S2B"))
        rows = list(catalogue.rows(query, verify=True))
        assert catalogue.count(query) == len(rows) > 0
        assert catalogue.get("Products", rows[0]["Id"])["Name"] == rows[0]["Name"]


def test_items_are_valid_stac(catalog):
    """Against the core schema, which pystac brings; the extensions are validated where records are real."""
    for collection in (*_SHAPED, "sentinel-1-slc-burst", "sentinel-3-olci-1-efr-ntc"):
        made = next(catalog.search(collections=[collection], max_items=1).items_as_dicts())
        pystac.validation.validate_dict({**made, "stac_extensions": []})
