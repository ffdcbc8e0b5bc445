"""What is checked on this side: the package ``cql2`` is the oracle where it has an answer, values by hand elsewhere."""

from __future__ import annotations

import cql2
import pytest

from phistac.errors import QueryError
from phistac.stac.checks import checker, document
from phistac.stac.cql2 import cql2_json
from phistac.stac.normal import normal

_ITEM = {
    "id": "S2A_MSIL2A_20240802T060723",
    "collection": "sentinel-2-l2a",
    "geometry": {"type": "Polygon", "coordinates": [[[14, 40], [15, 40], [15, 41], [14, 41], [14, 40]]]},
    "properties": {
        "datetime": "2024-08-02T06:07:23.500000Z",
        "start_datetime": "2024-08-02T06:07:23.500000Z",
        "end_datetime": "2024-08-02T06:07:25.000000Z",
        "platform": "sentinel-2a",
        "eo:cloud_cover": 12.5,
        "sat:relative_orbit": 44,
        "processing:facility": "ÉSÁ (main)",
        "gsd": 10,
        "instruments": ["msi"],
    },
}
_AGREED = (
    '"eo:cloud_cover" < 12.5', '"eo:cloud_cover" <= 12.5', '"eo:cloud_cover" <> 3', "gsd = 10",
    '"eo:cloud_cover" BETWEEN 12 AND 13', '"eo:cloud_cover" NOT BETWEEN 12 AND 13', "platform = 'sentinel-2a'",
    "platform < 'sentinel-2b'", "platform >= 'sentinel-2b'", "platform IN ('a', 'sentinel-2a')", "platform NOT IN ('a')",
    "platform LIKE 'sentinel%'", "platform LIKE '%2a'", "platform LIKE '%-2_'", "platform LIKE 'sentinel'",
    "platform NOT LIKE '%2b'", "casei(platform) = casei('SENTINEL-2A')", "casei(platform) LIKE casei('SENTINEL%')",
    "accenti(\"processing:facility\") = accenti('ESA (main)')", "\"processing:facility\" LIKE '%(main)'",
    '"eo:cloud_cover" * 2 + 1 = 26', '"sat:relative_orbit" - gsd > 30', '"sat:relative_orbit" / 2 = 22',
    "A_CONTAINS(instruments, ('msi'))", "A_CONTAINS(instruments, ('msi', 'sar'))", "A_OVERLAPS(instruments, ('msi', 'sar'))",
    "A_CONTAINEDBY(instruments, ('msi', 'sar'))", "A_EQUALS(instruments, ('msi'))",
    "S_INTERSECTS(geometry, POINT(14.5 40.5))", "S_WITHIN(geometry, BBOX(13, 39, 16, 42))", "S_WITHIN(geometry, BBOX(14.5, 39, 16, 42))",
    "S_CONTAINS(geometry, POINT(14.5 40.5))", "S_CONTAINS(geometry, BBOX(14.5, 40.5, 16, 42))", "S_DISJOINT(geometry, POINT(0 0))",
    "S_TOUCHES(geometry, BBOX(15, 40, 16, 41))", "S_OVERLAPS(geometry, BBOX(14.5, 40.5, 16, 42))", "S_EQUALS(geometry, BBOX(14, 40, 15, 41))",
    "S_CROSSES(geometry, LINESTRING(13 40.5, 16 40.5))", "S_INTERSECTS(BBOX(0,0,1,1), geometry)",
    "T_AFTER(datetime, TIMESTAMP('2024-08-02T06:07:23Z'))", "T_BEFORE(datetime, TIMESTAMP('2024-08-02T06:07:23Z'))",
    "T_INTERSECTS(datetime, INTERVAL('2024-08-01T00:00:00Z', '2024-08-03T00:00:00Z'))",
    "T_DURING(INTERVAL(start_datetime, end_datetime), INTERVAL('2024-08-01T00:00:00Z', '2024-08-03T00:00:00Z'))",
    "T_DISJOINT(datetime, INTERVAL('2024-08-03T00:00:00Z', '..'))",
    "datetime > TIMESTAMP('2024-08-02T06:07:23.4Z')", "datetime < TIMESTAMP('2024-08-02T08:07:23+02:00')",
    "gsd IS NULL", "gsd IS NOT NULL", "expires IS NULL",
    "NOT (platform = 'a' OR gsd > 20) AND \"sat:relative_orbit\" = 44",
)  # fmt: skip


def _decide(text, item=_ITEM):
    return checker(normal(cql2_json(text), None))(item)


@pytest.mark.parametrize("text", _AGREED)
def test_as_the_package_decides(text):
    assert _decide(text) is cql2.Expr(text).matches(_ITEM)


_ENDS = tuple(
    f"2024-08-0{each}Z"
    for each in (
        "1T00:00:00",
        "1T12:00:00",
        "2T06:07:23.5",
        "2T06:07:23.7",
        "2T06:07:24",
        "2T06:07:25",
        "3T00:00:00",
        "4T00:00:00",
    )
)


@pytest.mark.parametrize(
    "relation",
    ["AFTER", "BEFORE", "CONTAINS", "DISJOINT", "DURING", "EQUALS", "FINISHEDBY", "FINISHES", "INTERSECTS", "MEETS",
     "METBY", "OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS"],
)  # fmt: skip
def test_intervals_as_the_package_relates_them(relation):
    found = set()
    for at, first in enumerate(_ENDS):
        for last in _ENDS[at + 1 :]:
            text = f"T_{relation}(INTERVAL(start_datetime, end_datetime), INTERVAL('{first}', '{last}'))"
            assert _decide(text) is cql2.Expr(text).matches(_ITEM), text
            found.add(_decide(text))
    assert found == {True, False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expires > DATE('2024-01-01')", None),
        ("NOT expires > DATE('2024-01-01')", None),
        ("created = DATE('2024-01-01') OR gsd = 10", True),
        ("created = DATE('2024-01-01') AND gsd = 10", None),
        ("created = DATE('2024-01-01') AND gsd = 11", False),
        ("platform <> 'sentinel-2a' OR constellation <> 'x'", None),
        ("constellation LIKE 'a%'", None),
        ("constellation NOT LIKE 'a%'", None),
        ("\"sar:polarizations\" = ('VV')", None),
        ("\"processing:version\" < '05.00'", None),
    ],
)
def test_what_is_missing_is_neither(text, expected):
    assert _decide(text) is expected


def test_a_list_is_the_same_in_any_order():
    item = {"properties": {"sar:polarizations": ["VV", "VH"]}}
    assert _decide("\"sar:polarizations\" = ('VH', 'VV')", item) is True
    assert _decide("\"sar:polarizations\" <> ('VH')", item) is True


def test_an_item_without_footprint_is_nowhere():
    item = {"geometry": None, "properties": {}}
    assert _decide("S_INTERSECTS(geometry, POINT(0 0))", item) is None
    assert _decide("S_DISJOINT(geometry, POINT(0 0))", item) is None


def test_what_the_record_says_is_checked_too():
    row = {
        "Name": "S1A.SAFE", "Online": False, "ContentLength": 5, "@odata.mediaContentType": "x", "ContentDate": {},
        "Attributes": [{"Name": "sliceNumber", "Value": 3}],
    }  # fmt: skip
    seen = document({"id": "S1A", "properties": {"gsd": 10}}, row)
    assert seen["properties"] == {
        "gsd": 10, "odata:Name": "S1A.SAFE", "odata:Online": False, "odata:ContentLength": 5, "odata:sliceNumber": 3,
    }  # fmt: skip
    assert _decide('"odata:sliceNumber" + 1 = 4 AND "odata:Online" = FALSE', seen) is True


@pytest.mark.parametrize("text", ["platform + 1 = 3", "gsd / 0 = 1", "platform = gsd + 1 OR platform > gsd"])
def test_what_cannot_be_decided_is_an_error(text):
    with pytest.raises(QueryError):
        _decide(text)
