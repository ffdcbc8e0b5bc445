"""Collections: ids as CDSE's own, documents valid, rules that lead there and back."""

from __future__ import annotations

import json

import pytest

from phistac.errors import QueryError
from phistac.odata.filters import render
from phistac.remote.stacapi.landing import landing_page
from phistac.stac.collection_search import find_collections
from phistac.stac.collections import all_collections, collection
from phistac.stac.documents import collection_document
from phistac.stac.families import collection_id, mission_of
from phistac.stac.queryables import queryables
from phistac.stac.service import Service


def test_native_ids_are_the_ones_we_call_native(real_data):
    folder = real_data / "cdse" / "stac_collections" / "eometadatatool"
    native = {json.loads(path.read_text())["id"] for path in folder.glob("*.json")}
    ours = {each.id for each in all_collections().values() if each.native}
    assert ours <= native
    # Made by somebody else from products that the catalogue's records do not tell apart by type.
    others = ("sentinel-6-", "cop-dem-", "opengeohub-", "sentinel-1-global", "sentinel-2-global")
    assert {each for each in native - ours if not each.startswith(others)} == set()


@pytest.mark.parametrize(
    "identifier",
    [
        "sentinel-1-slc",
        "sentinel-1-slc-burst",
        "sentinel-2-l2a",
        "sentinel-3-sr-2-lan-hy-stc",
        "sentinel-5p-l2-no2-offl",
        "landsat-8-l1tp",
        "envisat",
    ],
)
def test_documents_are_valid(identifier, validate):
    validate(collection_document(collection(identifier)))


def test_every_document_can_be_read():
    import pystac

    for each in all_collections().values():
        made = pystac.Collection.from_dict(collection_document(each))
        assert made.extent.temporal.intervals[0][0] is not None
        assert made.providers


@pytest.mark.parametrize(
    ("name", "product_type", "expected"),
    [
        ("S1A_IW_SLC__1SDV_20250828T055900_20250828T055927_060732_078EF5_EA66.SAFE", "IW_SLC__1S", "sentinel-1-slc"),
        ("S1A_IW_SLC__1SDV_20250828T055900_20250828T055927_060732_078EF5_EA66.SAFE", "", "sentinel-1-slc"),
        ("S1A_WV_SLC__1SSV_20221101T034802_20221101T035539_045695_057704_0FB9.SAFE", "", "sentinel-1-slc-wv"),
        ("S1A_IW_GRDH_1SDV_20250828T055836_20250828T055901_060732_078EF5_BD98_COG.SAFE", "", "sentinel-1-grd"),
        (
            "S1A_IW_GRDH_1SDV_20250828T055836_20250828T055901_060732_078EF5_FC4D.SAFE",
            "IW_GRDH_1S",
            "sentinel-1-grd-safe",
        ),
        ("S1A_IW_RAW__0SDV_20250507T165735_20250507T165750_059091_075421_0F1E.SAFE", "", "sentinel-1-raw"),
        ("S1A_IW_OCN__2SDV_20250507T165735_20250507T165750_059091_075421_0F1E.SAFE", "", "sentinel-1-ocn"),
        ("S1A_OPER_AUX_POEORB_OPOD_20210315T155112_V20191230T225942_20200101T005942.EOF", "", "sentinel-1-aux"),
        ("S1__AUX_SCS_V20140406T133000_G20240612T132402.SAFE", "AUX_SCS", "sentinel-1-aux"),
        ("S1A_IW_ETA__AXDV_20230806T211729_20230806T211757_049760_05FBCB_9DD6.SAFE", "IW_ETA__AX", "sentinel-1"),
        ("S3X_UNKNOWN", "", "sentinel-3"),
        ("S5P_TEST_X", "", "sentinel-5p"),
    ],
)
def test_products_find_their_collection(name, product_type, expected):
    found = collection_id(name, mission_of(name), product_type)
    assert found == expected
    assert found in all_collections()


def test_a_product_of_a_collection_satisfies_its_condition():
    for each in all_collections().values():
        for kind in each.product_types:
            if each.entity == "Bursts":
                continue
            twin = "-COG" if each.id == "sentinel-1-grd" else ""
            assert f"{kind}{twin}'" in render(each.condition), each.id


def test_collection_search():
    documents = [collection_document(each) for each in all_collections().values()]
    assert (
        next(each["id"] for each in find_collections(documents, {"q": "burst"}).collections) == "sentinel-1-slc-burst"
    )
    assert len(find_collections(documents, {}).collections) == len(documents)
    early = {each["id"] for each in find_collections(documents, {"datetime": "../1990-01-01"}).collections}
    assert "landsat-5" in early
    assert "sentinel-2-l2a" not in early


def test_pages_of_collections_are_followed_by_token():
    documents = [collection_document(each) for each in all_collections().values()]
    seen, params = [], {"limit": "50"}
    while params:
        page = find_collections(documents, params)
        assert (len(page.collections) <= 50, page.matched) == (True, len(documents))
        seen += page.collections
        params = page.token and {"limit": "50", "token": page.token}
    assert seen == documents
    for bad in ({"token": "x"}, {"limit": "0"}, {"bbox": "a"}, {"bbox": "0,0,1"}, {"sortby": "id"}):
        with pytest.raises(QueryError):
            find_collections(documents, bad)


def test_queryables_name_what_can_be_asked():
    made = queryables("sentinel-1-slc-burst", "https://x")
    assert made["properties"]["burst:relative_id"]["type"] == "integer"
    assert made["properties"]["sar:polarizations"]["type"] == "array"
    assert "eo:cloud_cover" not in made["properties"]
    assert queryables("sentinel-2-l2a", "https://x")["properties"]["eo:cloud_cover"]["type"] == "number"
    assert "burst:id" not in queryables(None, "https://x")["properties"]


def test_the_landing_page_is_a_catalog():
    import pystac

    pystac.Catalog.from_dict(landing_page(Service()))
