"""Pages: options in, nextLink out, as recorded."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from phistac.sandbox.odata.fields import PRODUCTS
from phistac.sandbox.odata.options import parse_options
from phistac.sandbox.odata.rows import entity_text, list_text, next_link

URL = "https://catalogue.dataspace.copernicus.eu/odata/v1/Products"


def link(query, found):
    return next_link(URL, parse_options(query, PRODUCTS), found)


@pytest.mark.parametrize(
    "name",
    [
        "s1_aux_page1_of5_2014-04",
        "s1_aux_resorb_test_query_resorb_s1_reader_issue68",
        "s1_grd_20_expand_all_2026-01",
        "s2_l1c_2_expand_attributes_assets",
    ],
)
def test_recorded_links_are_reproduced(real_data, name):
    recorded = json.loads((real_data / f"cdse/odata_products/{name}.json").read_text())
    expected = recorded["@odata.nextLink"]
    found = len(recorded["value"])
    asked = [(k, v) for k, v in parse_qsl(urlsplit(expected).query) if k != "$skip"]
    if name.startswith("s2"):  # here the request had a $skip of its own, and it stayed in its place
        asked.insert(3, ("$skip", "0"))
    from urllib.parse import urlencode

    assert link(urlencode(asked), found) == expected


def test_recorded_pages_have_the_same_members(real_data):
    recorded = json.loads((real_data / "cdse/odata_products/s1_grd_20_expand_all_2026-01.json").read_text())
    options = parse_options("$expand=Assets&$expand=Attributes&$expand=Locations", PRODUCTS)
    rows = [
        {
            "row": json.dumps({k: v for k, v in row.items() if k not in PRODUCTS.expandable})[:-1],
            **{name.lower(): json.dumps(row[name]) for name in PRODUCTS.expandable},
        }
        for row in recorded["value"]
    ]
    text = list_text(PRODUCTS, rows, options, base="", count=None, link=recorded["@odata.nextLink"])
    assert json.loads(text) == recorded
    assert list(json.loads(text)) == list(recorded)
    assert list(json.loads(text)["value"][0]) == list(recorded["value"][0])


def test_links_end():
    assert link("$top=10", 9) is None
    assert link("$top=10", 0) is None
    assert link("$top=0", 0) is None
    assert link("$top=1000&$skip=9000", 1000) == f"{URL}?%24top=1000&%24skip=10000"
    assert link("$top=1000&$skip=9001", 1000) is None  # the next would be beyond the limit, whatever is left
    assert link("$top=1000&$skip=10000", 1000) is None
    assert link("$skip=5", 20) == f"{URL}?%24skip=25"
    assert link("", 20) == f"{URL}?%24skip=20"


def test_links_keep_count_and_encoding():
    query = "$filter=contains(Name,'a%20%26+b')&$count=True"
    assert link(query, 20) == f"{URL}?%24filter=contains%28Name%2C%27a+%26+b%27%29&%24count=True&%24skip=20"


@pytest.mark.parametrize(("text", "count"), [("True", 1), ("true", 1), ("1", 1), ("False", 0), ("false", 0), ("0", 0)])
def test_spellings_of_count(text, count):
    assert parse_options(f"$count={text}", PRODUCTS).count == bool(count)


def test_expand_repeated_or_listed():
    for query in ("$expand=Assets,Attributes", "$expand=Assets&$expand=Attributes", "%24expand=Assets, Attributes"):
        assert parse_options(query, PRODUCTS).expand == ("Assets", "Attributes")


def test_limits():
    options = parse_options("", PRODUCTS)
    assert (options.top, options.skip) == (20, 0)
    options = parse_options("$top=1000&$skip=10000", PRODUCTS)
    assert (options.top, options.skip) == (1000, 10000)
    assert parse_options("$top=0", PRODUCTS).top == 0


def test_orderby_defaults_to_ascending():
    for query, descending in (
        ("PublicationDate", False),
        ("PublicationDate asc", False),
        ("PublicationDate desc", True),
    ):
        order = parse_options(f"$orderby={query}", PRODUCTS).orderby
        assert (order.field.column, order.descending) == ("publication", descending)


def test_select_keeps_the_id():
    row = {"row": '{"@odata.mediaContentType":"a","Id":"i","Name":"n","Online":true', "attributes": "[]"}
    options = parse_options("$select=Name&$expand=Attributes", PRODUCTS)
    assert json.loads(entity_text(PRODUCTS, row, options, base="")) == {
        "@odata.context": "$metadata#Products(Attributes())/$entity",
        "@odata.mediaContentType": "a",
        "Id": "i",
        "Name": "n",
        "Attributes": [],
    }
    assert parse_options("$select=*", PRODUCTS).select is None


def test_links_of_records_lead_to_the_sandbox(open_store, rows):
    made = rows(1)
    made["Assets"] = [{"Type": "QUICKLOOK", "DownloadLink": URL.replace("Products", "Assets(x)/$value")}]
    store = open_store(products=[made])
    row = store.get(PRODUCTS, made["Id"])
    text = entity_text(PRODUCTS, row, parse_options("$expand=Assets", PRODUCTS), base="http://127.0.0.1:1/odata/v1")
    assert json.loads(text)["Assets"][0]["DownloadLink"] == "http://127.0.0.1:1/odata/v1/Assets(x)/$value"
