"""Searches whose answers once depended on who checked them, or that were refused without a reason."""

from __future__ import annotations

import json
import uuid

import pytest

from phistac.errors import QueryError
from phistac.remote.stacapi.stac_io import connect

_SLC, _BURST, _S2 = "sentinel-1-slc", "sentinel-1-slc-burst", "sentinel-2-l2a"


@pytest.fixture(scope="module")
def cdse(seeded_root):
    from phistac.sandbox import Sandbox

    with Sandbox(root=seeded_root) as sandbox:
        rows = [json.loads(line) for line in (sandbox.root / "catalogue" / "products.jsonl").read_text().splitlines()]
        sandbox.publish(
            _like(rows, "_MSIL2A_", cloudCover=120.0),
            _like(rows, "_MSIL2A_", cloudCover=-1.0),
            _like(rows, "_IW_SLC__", relativeOrbitNumber=0, orbitNumber=0),
        )
        yield sandbox


def _like(rows, part, **values):
    """Return another product whose record has numbers that stand for "unknown"."""
    row = json.loads(json.dumps(next(row for row in rows if part in row["Name"])))
    new = str(uuid.uuid4())
    row["Name"] = row["Name"].replace(row["Name"][-9:-5], new[:4].upper())
    row["Id"], row["S3Path"] = new, row["S3Path"].rpartition("/")[0] + "/" + row["Name"]
    for each in row["Attributes"]:
        each["Value"] = values.get(each["Name"], each["Value"])
    return row


@pytest.fixture(scope="module")
def catalog(cdse):
    with connect(cdse.settings) as client:
        yield client


def _is(name, operator, value):
    return {"op": operator, "args": [{"property": name}, value]}


def _or(*conditions):
    return {"op": "or", "args": list(conditions)}


_CHECKED_HERE = {"op": "isNull", "args": [{"property": "id"}]}


def _ids(catalog, **search):
    if "filter" in search:
        search["filter_lang"] = "cql2-json"
    return [each["id"] for each in catalog.search(**search).items_as_dicts()]


def test_many_ids_of_bursts(catalog):
    some = _ids(catalog, collections=[_BURST])[:25]
    assert sorted(_ids(catalog, collections=[_BURST], ids=some)) == sorted(some)
    assert sorted(_ids(catalog, collections=[_BURST], ids=some, limit=7)) == sorted(some)


def test_an_id_in_two_spellings_is_one(catalog):
    some = _ids(catalog, collections=[_S2])[:25]
    twice = [*some, f"{some[0]}.SAFE"]
    assert sorted(_ids(catalog, ids=twice, limit=7)) == sorted(some)
    assert catalog.search(ids=twice).matched() == len(some)


@pytest.mark.parametrize(
    "node",
    [
        _or(_is("platform", "=", "sentinel-1a"), _is("eo:cloud_cover", "<", 10)),
        _or(_is("collection", "=", _SLC), _is("eo:cloud_cover", "<", 10)),
        {"op": "and", "args": [_is("platform", "<>", "sentinel-2c"), _is("sat:orbit_state", "=", "descending")]},
        _is("eo:cloud_cover", "<", 10),
    ],
)
def test_attributes_of_one_mission_beside_the_name_of_another(catalog, node):
    found = _ids(catalog, filter=node)
    assert sorted(found) == sorted(_ids(catalog, filter=_or(node, _CHECKED_HERE)))
    assert len(found) == len(set(found)) > 5


@pytest.mark.parametrize(
    ("collection", "node"),
    [
        (_SLC, _is("sat:orbit_state", "=", "ASCENDING")),
        (_BURST, _is("sat:orbit_state", "=", "ASCENDING")),
        ("sentinel-1", _is("sat:orbit_state", "=", "Ascending")),
        (_SLC, _is("processing:level", "=", "LEVEL1")),
        (_SLC, _is("instruments", "=", "SAR")),
        (_SLC, _is("sar:beam_ids", "=", ["IW1", "IW2", "IW3"])),
    ],
)
def test_values_as_the_catalogue_spells_them(catalog, collection, node):
    found = sorted(_ids(catalog, collections=[collection], filter=node))
    assert found == sorted(_ids(catalog, collections=[collection], filter=_or(node, _CHECKED_HERE)))
    assert found


def test_an_id_with_its_extension_in_a_filter(catalog):
    (first, *_) = _ids(catalog, collections=[_SLC])
    node = _is("id", "=", f"{first}.SAFE")
    assert _ids(catalog, collections=[_SLC], filter=node) == [first]
    assert _ids(catalog, collections=[_SLC], filter=_or(node, _CHECKED_HERE)) == [first]


@pytest.mark.parametrize(
    ("collection", "node"),
    [
        (_S2, _is("eo:cloud_cover", "<", 1000)),
        (_S2, _is("eo:cloud_cover", ">", -1000)),
        (_S2, _is("eo:cloud_cover", ">", 100)),
        (_S2, _is("eo:cloud_cover", "<", 0)),
        (_S2, _is("eo:cloud_cover", "<>", 5)),
        (_SLC, _is("sat:relative_orbit", "<", 200)),
        (_SLC, _is("sat:relative_orbit", "<=", 0)),
        (_SLC, _is("sat:absolute_orbit", "<", 10**19)),
        ("sentinel-1", _is("processing:facility", "=", "S1 Production Service-SERCO")),
        ("sentinel-1", _is("sar:beam_ids", "=", ["iw1", "iw2", "iw3"])),
        (None, _is("platform", "<>", "sentinel-5p")),
    ],
)
def test_items_without_a_property_are_never_selected_by_it(catalog, collection, node):
    """Records say 120, -1 and 0 for what they do not know; Items leave that out."""
    where = {} if collection is None else {"collections": [collection]}
    found = sorted(_ids(catalog, filter=node, **where))
    assert found == sorted(_ids(catalog, filter=_or(node, _CHECKED_HERE), **where))
    name = node["args"][0]["property"]
    missing = {"op": "and", "args": [node, {"op": "isNull", "args": [{"property": name}]}]}
    assert _ids(catalog, filter=missing, **where) == []


@pytest.mark.parametrize(
    "node",
    [
        _is("sat:absolute_orbit", "=", 0),
        _is("eo:cloud_cover", "=", 120),
        _is("product:timeliness_category", "=", "Off-line"),
        _is("product:type", "=", "IW_GRDH_1S-COG"),
        _is("eopf:datatake_id", "=", "²"),
    ],
)
def test_what_no_item_can_have_is_refused_in_words(catalog, node):
    collection = _S2 if "cloud" in str(node) else "sentinel-1"
    with pytest.raises(QueryError, match="no record can have"):
        _ids(catalog, collections=[collection], filter=node)


def test_a_record_with_a_text_for_a_number_is_unknown_there(catalog):
    """A real record has "2.3" where all others have a number; the search is not the user's mistake."""
    node = _or(_is("odata:spatialResolution", ">", 5), _CHECKED_HERE)
    assert isinstance(_ids(catalog, filter=node), list)
