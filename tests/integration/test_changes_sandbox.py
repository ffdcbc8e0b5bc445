"""Changes of searches: products, bursts through their products, and what cannot be followed."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
import shapely

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


def test_only_products_of_which_bursts_were_reported_are_reported_as_deleted(cdse, catalog, tmp_path):
    bursts = _records(cdse, "bursts.jsonl")
    parent = next(row for row in _records(cdse, "products.jsonl") if row["Id"] == bursts[0]["ParentProductId"])
    twins = [
        _twin(parent, name=f"{parent['Name'][:-9]}{n}EEE.SAFE", published="2026-10-03T00:00:00.000000Z") for n in "12"
    ]
    cdse.publish(*twins)
    for twin, swath in zip(twins, ("IW1", "IW3"), strict=True):
        of_one = next(
            row for row in bursts if row["ParentProductId"] == parent["Id"] and row["SwathIdentifier"] == swath
        )
        cdse.publish(
            {**of_one, "Id": str(uuid.uuid4()), "ParentProductId": twin["Id"], "ParentProductName": twin["Name"]}
        )
    search, state = {"collections": ["sentinel-1-slc-burst"], "query": {"burst:swath": {"eq": "iw3"}}}, tmp_path / "s"
    assert len(list(changes(search, state=state))) == len(list(catalog.search(**search).items()))
    for twin in twins:
        cdse.delete(twin["Id"], cause="Duplicated product")
    assert [(each.kind, each.id) for each in changes(search, state=state)] == [
        ("deleted", twins[1]["Name"].removesuffix(".SAFE"))
    ]


def test_bursts_by_number_are_looked_for_where_they_lie(cdse, catalog, tmp_path):
    bursts = {f"{item.properties['burst:id']}" for item in catalog.search(collections=["sentinel-1-slc-burst"]).items()}
    several = [*sorted(bursts), *(f"t001_{number:06d}_iw2" for number in range(1, 60))]
    searches = [
        {"collections": ["sentinel-1-slc-burst"], "query": {"burst:id": {"in": several}}},  # more than one query holds
        {"collections": ["sentinel-1-slc-burst"], "query": {"burst:id": {"eq": min(bursts)}}},
        {"collections": ["sentinel-1-slc-burst"], "query": {"burst:id": {"eq": "t001_000100_iw1"}}},
    ]
    for number, search in enumerate(searches):
        expected = sorted(item.id for item in catalog.search(**search).items())
        cdse.reset_counters()
        found = list(changes(search, state=tmp_path / f"{number}"))
        assert sorted(each.id for each in found) == expected
        assert list(changes(search, state=tmp_path / f"{number}")) == []
        requests = cdse.counters().requests
    assert not expected
    assert requests < 15, "products of other tracks are not asked for their bursts"


@pytest.mark.parametrize(
    "area",
    [
        {"intersects": "POLYGON ((14 40.7, 14.3 40.7, 14.3 40.9, 14 40.9, 14 40.7))"},
        {"intersects": shapely.box(14, 40.7, 14.3, 40.9), "datetime": datetime(2025, 5, 7, tzinfo=UTC)},
        {"bbox": (14, 40.7, 14.3, 40.9), "datetime": "../9999-12-31T23:59:59Z"},
    ],
)
@pytest.mark.parametrize("collection", ["sentinel-2-l2a", "sentinel-1-slc-burst"])
def test_areas_and_times_in_every_form_are_the_same_search_the_next_time(catalog, cdse, tmp_path, area, collection):
    params = {"collections": [collection], **area}
    for search in (catalog.search(**params), params):
        path = tmp_path / type(search).__name__
        expected = sorted(item.id for item in catalog.search(**params).items())
        assert expected or isinstance(area.get("datetime"), datetime)
        assert sorted(each.id for each in changes(search, state=path, settings=cdse.settings)) == expected
        assert list(changes(search, state=path, settings=cdse.settings)) == []
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_state_is_told_from_an_empty_one(cdse, tmp_path):
    search, state = {"collections": ["sentinel-2-l1c"]}, tmp_path / "s.json"
    list(changes(search, state=state))
    whole = json.loads(state.read_text())
    for damage in ({"marks": [{}]}, {"marks": 7}, {"marks": [None]}):
        state.write_text(json.dumps({**whole, **damage}))
        with pytest.raises(ConfigurationError, match="damaged"):
            next(changes(search, state=state))


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
