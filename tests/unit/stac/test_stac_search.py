"""Searches: what the catalogue is asked."""

from __future__ import annotations

import pytest

from phistac.errors import DatetimeError, GeometryError, QueryError, UnknownCollectionError
from phistac.odata.filters import render
from phistac.stac.parameters import to_search
from phistac.stac.search import to_parts


def _asked(**params):
    found = []
    for part in to_parts(to_search(params)):
        assert part.rest is None
        found.append((part.query.entity, render(part.query.filter), str(part.query.orderby)))
    return found


_S2 = (
    "Collection/Name eq 'SENTINEL-2' and Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType' and "
    "att/OData.CSC.StringAttribute/Value eq 'S2MSI2A')"
)


def test_a_whole_search():
    (asked,) = _asked(
        collections=["sentinel-2-l2a"], bbox=[14, 40.5, 14.5, 41], datetime="2024-08-01T00:00:00Z/2024-08-02T00:00:00Z"
    )
    entity, text, order = asked
    assert entity == "Products"
    assert text == (
        f"{_S2} and OData.CSC.Intersects(area=geography'SRID=4326;POLYGON ((14.5 40.5, 14.5 41, 14 41, 14 40.5, 14.5 40.5))')"
        " and ContentDate/Start le 2024-08-02T00:00:00.000000Z and ContentDate/End ge 2024-08-01T00:00:00.000000Z"
        " and ContentDate/Start ge 2024-07-17T00:00:00.000000Z"
    )
    assert order == "ContentDate/Start desc"


def test_long_records_are_not_cut_off_by_their_start():
    (asked,) = _asked(collections=["sentinel-1-aux"], datetime="2024-08-01T00:00:00Z/..")
    assert asked[1] == (
        "Collection/Name eq 'SENTINEL-1' and contains(Name,'_AUX_') and ContentDate/End ge 2024-08-01T00:00:00.000000Z"
    )


def test_get_and_post_forms_are_one():
    post = {
        "collections": ["sentinel-2-l2a", "sentinel-2-l1c"],
        "bbox": [14, 40, 15, 41],
        "sortby": [{"field": "datetime", "direction": "asc"}],
    }
    get = {"collections": "sentinel-2-l2a,sentinel-2-l1c", "bbox": "14,40,15,41", "sortby": "+datetime"}
    assert _asked(**post) == _asked(**get)
    assert _asked(**post)[0][2] == "ContentDate/Start asc"


def test_collections_are_asked_apart_and_bursts_too():
    asked = _asked(
        collections=["sentinel-2-l2a", "sentinel-1-slc-burst", "sentinel-1-slc"], datetime="2024-08-01T00:00:00Z"
    )
    assert [entity for entity, _, _ in asked] == ["Products", "Products", "Bursts"]
    assert asked[2][1].startswith("ContentDate/Start le")


def test_ids_by_name():
    asked = _asked(ids=["S2A_X", "S3B_Y", "S5P_Z", "S1A-SLC-20250217T170613-249406-IW2-VV-468546"])
    assert asked[0][:2] == ("Products", "Name eq 'S2A_X.SAFE' or Name eq 'S3B_Y.SEN3' or Name eq 'S5P_Z.nc'")
    assert asked[1][:2] == ("Bursts", "Name eq 'S1A-SLC-20250217T170613-249406-IW2-VV-468546'")
    bursts = _asked(ids=[f"S1A-SLC-20250217T170613-{number}-IW2-VV-468546" for number in range(45)])
    assert [text.count("Name eq") for _, text, _ in bursts] == [20, 20, 5]
    within = _asked(ids=["S2A_X"], collections=["sentinel-2-l2a"])
    assert within[0][1] == f"{_S2} and Name eq 'S2A_X.SAFE'"


def test_burst_ids_become_number_and_swath():
    for text in ("t044_092602_iw2", "044_092602_IW2"):
        (asked,) = _asked(
            collections=["sentinel-1-slc-burst"], filter={"op": "=", "args": [{"property": "burst:id"}, text]}
        )
        assert asked[:2] == ("Bursts", "BurstId eq 92602 and SwathIdentifier eq 'IW2'")


def test_the_query_extension():
    (asked,) = _asked(
        collections=["sentinel-2-l2a"],
        query={"eo:cloud_cover": {"gte": 5, "lt": 10}, "platform": {"eq": "sentinel-2b"}},
    )
    double = (
        "Attributes/OData.CSC.DoubleAttribute/any(att:att/Name eq 'cloudCover' and att/OData.CSC.DoubleAttribute/Value"
    )
    assert asked[1] == (
        f"{_S2} and {double} le 100.0) and {double} ge 5.0) and {double} ge 0.0) and {double} lt 10.0) and Attributes/OData.CSC.StringAttribute/any(att:att/Name eq "
        "'platformSerialIdentifier' and att/OData.CSC.StringAttribute/Value eq 'B')"
    )


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"collections": ["sentinel-2-l2b"]}, UnknownCollectionError, "Did you mean sentinel-2-l2a"),
        ({"collections": ["x"]}, UnknownCollectionError, "lists them all"),
        ({"datetime": "2024-02-01/2024-01-01"}, DatetimeError, "ends before it starts"),
        ({"intersects": "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"}, GeometryError, "not a valid"),
        ({"intersects": "somewhere"}, GeometryError, "not WKT"),
        ({"bbox": "a,b,c,d"}, QueryError, "west,south,east,north"),
        ({"bbox": [1, 2, 3, 4], "intersects": {"type": "Point", "coordinates": [1, 2]}}, QueryError, "exclude"),
        ({"limit": 0}, QueryError, "1 to 10000"),
        ({"cloud": 5}, QueryError, "no parameter"),
        ({"sortby": ["eo:cloud_cover"]}, QueryError, "cannot be sorted"),
        ({"sortby": ["a", "b"]}, QueryError, "one property at a time"),
        ({"collections": ["sentinel-2-l2a"], "query": {"sat:anx": {"eq": 1}}}, QueryError, "cannot be searched by"),
        ({"collections": ["sentinel-2-l2a"], "filter": "{"}, QueryError, "is not JSON"),
        (
            {"collections": ["sentinel-1-slc", "sentinel-1-slc-burst"], "sortby": "datetime"},
            QueryError,
            "sorted as a whole",
        ),
        ({"ids": [5]}, QueryError, "list of ids"),
    ],
)
def test_what_has_no_meaning_is_refused_in_one_line(params, error, words):
    with pytest.raises(error, match=words) as raised:
        to_parts(to_search(params))
    assert "\n" not in str(raised.value)
