"""Changes of searches: products, bursts through their products, and what cannot be followed."""

from __future__ import annotations

import json
import uuid

import pytest

import phistac
from phistac.errors import ConfigurationError, IncompleteResultError, QueryError
from phistac.remote.catalogue.changes import changes
from phistac.remote.stacapi.stac_io import StacIO, connect
from phistac.sandbox import Fault


@pytest.fixture(scope="module")
def cdse(seeded_root):
    with phistac.Sandbox(root=seeded_root) as sandbox:
        yield sandbox


@pytest.fixture
def catalog(cdse):
    client = connect(cdse.settings)
    yield client
    client._stac_io.close()


def _records(cdse, name):
    return [json.loads(line) for line in (cdse.root / "catalogue" / name).read_text().splitlines()]


def _twin(row, *, name, published):
    """Return another product that is like one."""
    new = str(uuid.uuid4())
    return {**row, "Id": new, "Name": name, "PublicationDate": published, "ModificationDate": published}


def test_bursts_are_followed_through_their_products(cdse, catalog, tmp_path):
    search = catalog.search(collections=["sentinel-1-slc-burst"], filter="burst:swath = 'IW2'")
    state = tmp_path / "bursts.json"
    first = list(changes(search, state=state))
    assert {change.kind for change in first} == {"added"}
    assert sorted(change.id for change in first) == sorted(item.id for item in search.items())
    assert list(changes(search, state=state)) == []

    bursts = _records(cdse, "bursts.jsonl")
    parent = next(row for row in _records(cdse, "products.jsonl") if row["Id"] == bursts[0]["ParentProductId"])
    late = _twin(parent, name=parent["Name"][:-9] + "FFFF.SAFE", published="2026-10-01T00:00:00.000000Z")
    cdse.publish(late)
    assert list(changes(search, state=state)) == []  # its bursts are not in the catalogue yet
    mine = [
        {**row, "Id": str(uuid.uuid4()), "ParentProductId": late["Id"], "ParentProductName": late["Name"]}
        for row in bursts
        if row["ParentProductId"] == parent["Id"]
    ]
    cdse.publish(*mine)
    second = list(changes(search, state=state))
    assert len(second) == sum(row["SwathIdentifier"] == "IW2" for row in mine) > 0
    assert {change.kind for change in second} == {"added"}
    assert {change.item["collection"] for change in second} == {"sentinel-1-slc-burst"}

    cdse.publish({**late, "ModificationDate": "2026-10-02T00:00:00.000000Z"})
    third = list(changes(search, state=state))
    assert [change.kind for change in third] == ["updated"] * len(second)
    cdse.delete(late["Id"], cause="Duplicated product")
    (last,) = changes(search, state=state)
    assert (last.kind, last.cause) == ("deleted", "Duplicated product")
    assert (last.item["collection"], last.id) == ("sentinel-1-slc", late["Name"].removesuffix(".SAFE"))
    assert list(changes(search, state=state)) == []


def test_products_by_parameters_alone(cdse, tmp_path):
    asked = {"collections": ["sentinel-2-l2a", "sentinel-3-olci-1-efr-ntc"], "datetime": "2000/.."}
    state = tmp_path / "s.json"
    found = list(changes(asked, state=state))
    assert {change.item["collection"] for change in found} == set(asked["collections"])
    assert all(change.kind == "added" for change in found)
    assert all(change.at == change.item["properties"]["published"] for change in found)
    assert list(changes(asked, state=state)) == []


def test_what_cannot_be_followed_is_refused(catalog, tmp_path):
    state = tmp_path / "s.json"
    with pytest.raises(QueryError, match="whole result"):
        next(changes({"ids": ["a"]}, state=state))
    with pytest.raises(QueryError, match="whole result"):
        next(changes(catalog.search(collections=["sentinel-2-l2a"], max_items=5), state=state))
    list(changes({"collections": ["sentinel-2-l1c"]}, state=state))
    with pytest.raises(ConfigurationError, match="of another search"):
        next(changes({"collections": ["sentinel-2-l2a"]}, state=state))
    state.write_text(json.dumps({**json.loads(state.read_text()), "format": 99}))
    with pytest.raises(ConfigurationError, match="another version"):
        next(changes({"collections": ["sentinel-2-l1c"]}, state=state))


def test_searches_of_other_catalogues_are_refused(catalog, tmp_path):
    search = catalog.search(collections=["sentinel-2-l2a"])
    search.url = "https://stac.example.org/search"
    with pytest.raises(QueryError, match="OData catalogue only"):
        next(changes(search, state=tmp_path / "s.json"))
    assert isinstance(search._stac_io, StacIO)


def test_a_request_that_fails_is_an_error_and_the_next_call_goes_on(cdse, catalog, tmp_path):
    search = catalog.search(collections=["sentinel-2-l2a"])
    cdse.inject(Fault("status", status=400, path="/odata/v1/Products", query="PublicationDate asc"))
    with pytest.raises((IncompleteResultError, phistac.PhistacError), match="400"):
        list(changes(search, state=tmp_path / "s.json"))
    cdse.clear_faults()
    assert len(list(changes(search, state=tmp_path / "s.json"))) == search.matched()
