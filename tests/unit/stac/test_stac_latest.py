"""``latest``: the kept Items in their order and form, and what it says about the others."""

from __future__ import annotations

import pystac
import pytest

from phistac.errors import QueryError
from phistac.odata.records import product
from phistac.stac.items import item
from phistac.stac.parquet import to_geoparquet
from phistac.stac.tables import from_geodataframe, to_geodataframe
from phistac.stac.versions import Latest, latest


@pytest.fixture
def items(record_rows):
    """All real records; four rows are there twice, one GRD has its twin, one tile an older baseline made here."""
    made = [item(product(row)) for _, row in record_rows]
    new = next(each for each in made if "_T54PXA_" in each["id"])
    properties = {
        **new["properties"],
        "eopf:datastrip_id": new["properties"]["eopf:datastrip_id"].replace("05.00", "02.09"),
    }
    old = {**new, "id": "S2A_MSIL1C_20200808T010311_N0209_R045_T54PXA_20200808T022415", "properties": properties}
    return [*made, old]


def test_real_items(items):
    found = latest(items)
    assert isinstance(found, list)
    assert [each["id"] for each in found] == [
        each["id"]
        for at, each in enumerate(items)
        if each["id"] not in {e["id"] for e in items[:at]} and "_COG" not in each["id"]
    ][:-1]
    reasons = {each.id: (each.kept, each.reason) for each in found.dropped}
    assert reasons["S1A_IW_GRDH_1SDV_20250828T055836_20250828T055901_060732_078EF5_BD98_COG"] == (
        "S1A_IW_GRDH_1SDV_20250828T055836_20250828T055901_060732_078EF5_FC4D",
        "the cloud optimized twin of one that is kept",
    )
    assert reasons[items[-1]["id"]][1] == "processed with a lower baseline"
    assert all(each.item["id"] == each.id for each in found.dropped)
    assert len(found) + len(found.dropped) == len(items)
    assert latest(found) == found
    assert latest(found).dropped == ()


def test_bursts_of_two_processings_whatever_their_order():
    """The catalogue names bursts without their product: those of two processings have one id."""

    def made(product):
        link = {"rel": "derived_from", "href": f"https://x/items/{product}"}
        return {"type": "Feature", "stac_version": "1.1.0", "id": "B", "geometry": None, "links": [link], "assets": {},
                "properties": {"datetime": "2024-01-01T00:00:00.000000Z", "burst:id": "t044_092602_iw2"}}  # fmt: skip

    one, other = made("S1A_..._AAAA"), made("S1A_..._BBBB")
    again, unknown = "the same product again", "processed again; which is the newer is not said, kept by name"
    for given, reasons in (([one, other], [unknown]), ([other, one], [unknown]), ([one, other, one], [unknown, again])):
        found = latest(given)
        assert found == [other]
        assert [each.reason for each in found.dropped] == reasons
        assert latest([pystac.Item.from_dict(each) for each in given])[0].links[0].href.endswith("BBBB")
        (row,) = from_geodataframe(latest(to_geodataframe(given)))
        assert row["links"] == other["links"]


def test_it_says_what_it_dropped(items):
    text = repr(latest(items))
    assert text.splitlines()[0] == f"Latest: {len(latest(items))} Items kept, {len(latest(items).dropped)} dropped"
    assert "the cloud optimized twin of one that is kept" in text
    assert "S1A" not in text
    assert repr(Latest()) == "Latest: 0 Items kept, 0 dropped"
    assert ">Latest" in latest(items)._repr_html_()


def test_forms(items):
    ids = [each["id"] for each in latest(items)]
    objects = [pystac.Item.from_dict(each) for each in items]
    kept = latest(iter(objects))
    assert [each.id for each in kept] == ids
    assert all(isinstance(each, pystac.Item) for each in kept)
    assert [each.id for each in latest(pystac.ItemCollection(objects))] == ids
    assert [each["id"] for each in latest({"type": "FeatureCollection", "features": items})] == ids
    assert latest([]) == []
    with pytest.raises(QueryError, match="is not an Item"):
        latest([5])


def test_tables(items, tmp_path):
    table = to_geodataframe(items)
    kept = latest(table)
    assert list(kept["id"]) == [each["id"] for each in latest(items)]
    assert from_geodataframe(kept) == list(latest(items))
    assert kept.crs == table.crs
    assert "dropped" not in table.attrs
    reasons = [each["reason"] for each in kept.attrs["dropped"]]
    assert reasons == [each.reason for each in latest(items).dropped]
    kept.drop(columns=["assets", "links"]).to_parquet(
        tmp_path / "kept.parquet"
    )  # what the table says of itself is JSON
    to_geoparquet(kept, tmp_path / "items.parquet")
    with pytest.raises(QueryError, match="no id"):
        latest(table.drop(columns="id"))
