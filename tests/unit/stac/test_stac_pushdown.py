"""Filters: what the catalogue is asked, and what is left to check."""

from __future__ import annotations

import sys

import pytest

from phistac.errors import MissingExtraError, QueryError
from phistac.odata.filters import render
from phistac.stac.collections import collection
from phistac.stac.cql2 import cql2_json, cql2_text
from phistac.stac.normal import normal
from phistac.stac.pushdown import split

_SLC, _BURST, _S2 = (collection(each) for each in ("sentinel-1-slc", "sentinel-1-slc-burst", "sentinel-2-l2a"))


def _split(node, where):
    return split(normal(cql2_json(node) if isinstance(node, str) else node, where), where)


def _asked(node, where):
    found = _split(node, where)
    assert found.rest is None
    return render(found.asked)


def _p(name):
    return {"property": name}


def _integer(name, operator, value):
    path = "OData.CSC.IntegerAttribute"
    return f"Attributes/{path}/any(att:att/Name eq '{name}' and att/{path}/Value {operator} {value})"


def _below(name, operator, value):
    """Records fill in 0 and -1 for an orbit that they do not know."""
    return f"{_integer(name, 'ge', 1)} and {_integer(name, operator, value)}"


def _string(name, value):
    path = "OData.CSC.StringAttribute"
    return f"Attributes/{path}/any(att:att/Name eq '{name}' and att/{path}/Value eq '{value}')"


@pytest.mark.parametrize(
    ("node", "where", "expected"),
    [
        ({"op": "=", "args": [_p("sat:relative_orbit"), 44.0]}, _SLC, _integer("relativeOrbitNumber", "eq", 44)),
        ({"op": ">", "args": [10, _p("sat:absolute_orbit")]}, _SLC, _below("orbitNumber", "lt", 10)),
        (
            {"op": "between", "args": [_p("sat:relative_orbit"), 1, 5]},
            _SLC,
            f"{_integer('relativeOrbitNumber', 'ge', 1)} and {_integer('relativeOrbitNumber', 'le', 5)}",
        ),
        (
            {"op": "in", "args": [_p("sat:relative_orbit"), [1, 2]]},
            _SLC,
            f"{_integer('relativeOrbitNumber', 'eq', 1)} or {_integer('relativeOrbitNumber', 'eq', 2)}",
        ),
        ({"op": "=", "args": [_p("sat:orbit_state"), "ascending"]}, _SLC, _string("orbitDirection", "ASCENDING")),
        (
            {"op": "<>", "args": [_p("sat:relative_orbit"), 44.0]},
            _SLC,
            f"({_below('relativeOrbitNumber', 'lt', 44)}) or {_integer('relativeOrbitNumber', 'gt', 44)}",
        ),
        ({"op": "<", "args": [_p("sat:relative_orbit"), 44.5]}, _SLC, _below("relativeOrbitNumber", "le", 44)),
        ({"op": "<>", "args": [_p("burst:swath"), "IW1"]}, _BURST, "not (SwathIdentifier eq 'IW1')"),
        ({"op": "=", "args": [_p("odata:Online"), True]}, _SLC, "Online eq true"),
        ({"op": "<>", "args": [_p("id"), "S1A_X"]}, _SLC, "not (Name eq 'S1A_X.SAFE')"),
        ({"op": "=", "args": [_p("grid:code"), "MGRS-33TVF"]}, _S2, _string("tileId", "33TVF")),
        ({"op": "=", "args": [_p("eopf:datatake_id"), "495349"]}, _SLC, _integer("datatakeID", "eq", 495349)),
        ({"op": "=", "args": [_p("odata:sliceNumber"), 3]}, _SLC, _integer("sliceNumber", "eq", 3)),
        ({"op": "like", "args": [_p("id"), "S1A%"]}, _SLC, "startswith(Name,'S1A')"),
        ({"op": "like", "args": [_p("id"), "%GRDH%"]}, _SLC, "contains(Name,'GRDH')"),
        (
            {"op": ">=", "args": [_p("published"), {"timestamp": "2024-01-01T00:00:00Z"}]},
            _SLC,
            "PublicationDate ge 2024-01-01T00:00:00.000000Z",
        ),
        ({"op": "=", "args": [_p("sar:relative_burst"), 7]}, _BURST, "BurstId eq 7"),
        ({"op": "=", "args": [_p("sar:beam_ids"), ["iw2"]]}, _BURST, "SwathIdentifier eq 'IW2'"),
        ({"op": "=", "args": [_p("sat:orbit_state"), "descending"]}, _BURST, "OrbitDirection eq 'DESCENDING'"),
        ({"op": "a_contains", "args": [_p("sar:polarizations"), ["VV"]]}, _BURST, "PolarisationChannels eq 'VV'"),
        (
            {"op": "s_intersects", "args": [_p("geometry"), {"type": "Point", "coordinates": [1, 2]}]},
            _BURST,
            "OData.CSC.Intersects(area=geography'SRID=4326;POINT (1 2)')",
        ),
    ],
)
def test_what_the_catalogue_is_asked(node, where, expected):
    assert _asked(node, where) == expected


def test_levels_and_versions_are_asked_in_every_spelling():
    level = _asked({"op": "=", "args": [_p("processing:level"), "L1"]}, _SLC)
    assert _string("processingLevel", "LEVEL1") in level
    version = _asked({"op": "=", "args": [_p("processing:version"), "03.92"]}, _SLC)
    assert version == f"{_string('processorVersion', '03.92')} or {_string('processorVersion', '003.92')}"


def test_polarizations_of_a_product_in_either_order():
    both = _asked({"op": "=", "args": [_p("sar:polarizations"), ["VV", "VH"]]}, _SLC)
    assert both == f"{_string('polarisationChannels', 'VV&VH')} or {_string('polarisationChannels', 'VH&VV')}"
    some = _asked({"op": "a_contains", "args": [_p("sar:polarizations"), ["VV"]]}, _SLC)
    assert _string("polarisationChannels", "VV") in some
    assert _string("polarisationChannels", "VV&VH") in some
    assert "'HH'" not in some


_ALSO = [
    # filter, collection, what is asked (None: everything), what is left
    (
        "platform <> 'sentinel-1a'",
        _SLC,
        f"not ({_string('platformSerialIdentifier', 'A')})",
        "platform <> 'sentinel-1a'",
    ),
    ("\"processing:version\" < '03.90'", _SLC, None, "\"processing:version\" < '03.90'"),
    ("gsd = 10", _S2, None, "gsd = 10"),
    (
        "\"sat:relative_orbit\" = 44 AND platform LIKE '%1a'",
        _SLC,
        _integer("relativeOrbitNumber", "eq", 44),
        "platform LIKE '%1a'",
    ),
    (
        "\"sat:relative_orbit\" = 44 OR platform LIKE '%1a'",
        _SLC,
        None,
        "\"sat:relative_orbit\" = 44 OR platform LIKE '%1a'",
    ),
    (
        "NOT (\"sat:relative_orbit\" = 44 OR platform LIKE '%1a')",
        _SLC,
        f"({_below('relativeOrbitNumber', 'lt', 44)}) or {_integer('relativeOrbitNumber', 'gt', 44)}",
        "NOT (platform LIKE '%1a')",
    ),
    ("id LIKE 'S1A_IW%'", _SLC, "startswith(Name,'S1A') and contains(Name,'IW')", "id LIKE 'S1A_IW%'"),
    (r"id LIKE 'S1A\_IW%'", _SLC, "startswith(Name,'S1A_IW')", None),
    ("id LIKE '%SAF%'", _SLC, "contains(Name,'SAF')", "id LIKE '%SAF%'"),
    (
        "S_WITHIN(geometry, BBOX(0,0,1,1))",
        _S2,
        "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))')",
        "s_within(geometry, POLYGON((1 0,1 1,0 1,0 0,1 0)))",
    ),
    (
        "S_DISJOINT(geometry, BBOX(0,0,1,1))",
        _S2,
        "not (OData.CSC.Intersects(area=geography'SRID=4326;POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))'))",
        None,
    ),
    (
        "T_DURING(datetime, INTERVAL('2024-01-01T00:00:00Z','..'))",
        _S2,
        "ContentDate/Start gt 2024-01-01T00:00:00.000000Z",
        None,
    ),
    (
        "T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2024-01-01','2024-01-02'))",
        _S2,
        "ContentDate/End ge 2024-01-01T00:00:00.000000Z and ContentDate/Start le 2024-01-02T23:59:59.999999Z",
        None,
    ),
    ('"burst:lines" > 1500', _BURST, None, '"burst:lines" > 1500'),
    ("collection = 'sentinel-1-slc'", _SLC, None, None),
    ("collection <> 'sentinel-1-raw'", _SLC, None, None),
]


@pytest.mark.parametrize(("text", "where", "asked", "rest"), _ALSO, ids=[each[0] for each in _ALSO])
def test_a_filter_is_split_where_the_catalogue_stops(text, where, asked, rest):
    found = _split(text, where)
    assert (None if found.asked is None else render(found.asked)) == asked
    assert (None if found.rest is None else cql2_text(found.rest).replace(" = ", " = ")) == (
        None if rest is None else cql2_text(cql2_json(rest))
    )
    assert not found.never


def test_burst_ids_in_every_spelling():
    texts = (
        "\"burst:id\" = 't044_092602_iw2'",
        "\"burst:id\" = '044_092602_IW2'",
        "\"burst:id\" IN ('T044_092602_IW2')",
        '"sar:relative_burst" = 92602 AND "sar:beam_ids" = (\'iw2\')',
        '"burst:relative_id" = 92602 AND "burst:swath" = \'IW2\'',
        '"odata:BurstId" = 92602 AND "odata:SwathIdentifier" = \'IW2\'',
    )
    for text in texts:
        assert _asked(text, _BURST) == "BurstId eq 92602 and SwathIdentifier eq 'IW2'", text


def test_platforms_of_all_missions_are_told_apart():
    found = _asked("platform IN ('sentinel-2a', 'sentinel-5p', 'landsat-8')", None)
    assert found == (
        f"(Collection/Name eq 'SENTINEL-2' and {_string('platformSerialIdentifier', 'A')}) or "
        "Collection/Name eq 'SENTINEL-5P' or Collection/Name eq 'LANDSAT-8'"
    )
    assert _split("platform = 'sentinel-2a'", _SLC).never


def test_an_alternative_that_no_record_has_is_left_out():
    assert _asked("platform IN ('sentinel-1a', 'meteosat')", _SLC) == _string("platformSerialIdentifier", "A")
    assert "no record can have platform" in _split("platform = 'meteosat'", _SLC).never
    assert "none of sentinel-1-raw" in _split("collection = 'sentinel-1-raw'", _SLC).never


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("a = 1", "not a CQL2"),
        ({"op": "isNull", "args": [_p("eo:cloud_cover")]}, "cannot be searched by 'eo:cloud_cover'"),
        ({"op": "<", "args": [_p("sar:polarizations"), ["VV"]]}, "no order"),
        ({"op": "like", "args": [_p("sat:relative_orbit"), "4%"]}, "is no text"),
        ({"op": "a_contains", "args": [_p("platform"), ["x"]]}, "not a property that is a list"),
        ({"op": "s_intersects", "args": [_p("platform"), {"bbox": [0, 0, 1, 1]}]}, "no geometry"),
        ({"op": "t_after", "args": [_p("platform"), {"date": "2024-01-01"}]}, "no time"),
        (
            {"op": "t_intersects", "args": [_p("datetime"), {"interval": ["2024-02-01", "2024-01-01"]}]},
            "before it starts",
        ),
        ({"op": "=", "args": [_p("datetime"), "yesterday"]}, "not a time"),
        ({"op": "=", "args": [_p("odata:Online"), "yes"]}, "true or false"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), "x"]}, "whole number"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), 1.5]}, "whole number"),
        ({"op": "=", "args": [_p("sat:orbit_state"), 5]}, "is a text, 5 is not"),
        ({"op": "=", "args": [_p("orbit_state"), "x"]}, "Did you mean sat:orbit_state"),
        ({"op": "=", "args": [_p("collection"), "x"]}, "no collection 'x'"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), None]}, "missing"),
        ({"op": "and", "args": []}, "cannot ask 'and' of 0"),
        ({"op": "not", "args": [{"op": "=", "args": [_p("id"), "x"]}] * 2}, "cannot ask 'not' of 2"),
        ({"op": "=", "args": [{"op": "sqrt", "args": [1]}, 3]}, "cannot ask 'sqrt'"),
    ],
)
def test_what_the_catalogue_cannot_be_asked_is_refused(node, words):
    with pytest.raises(QueryError, match=words):
        split(normal(node, _SLC), _SLC)


def test_text_is_parsed_by_the_package():
    pytest.importorskip("cql2")
    made = _asked("sat:relative_orbit = 44 AND id LIKE 'S1A%'", _SLC)
    assert made == f"{_integer('relativeOrbitNumber', 'eq', 44)} and startswith(Name,'S1A')"
    with pytest.raises(QueryError, match="is not CQL2 text"):
        cql2_json("sat:relative_orbit = = 44")


def test_text_without_the_package_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "cql2", None)
    with pytest.raises(MissingExtraError, match="pip install cql2"):
        cql2_json("sat:relative_orbit = 44")


def test_a_box_is_an_area():
    node = {"op": "s_intersects", "args": [_p("geometry"), {"bbox": [0, 0, 1, 1]}]}
    assert "POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))" in _asked(node, _SLC)


def test_numbers_may_come_as_text():
    node = {"op": "=", "args": [_p("sat:relative_orbit"), "44"]}
    assert _asked(node, _SLC) == _integer("relativeOrbitNumber", "eq", 44)
    with pytest.raises(QueryError, match="whole number"):
        _asked({"op": "<", "args": [_p("sat:relative_orbit"), "inf"]}, _SLC)


def test_one_of_several_of_a_list_is_any_of_them():
    values = ["VV", "HH"]
    found = [
        _split({"op": operator, "args": [_p("sar:polarizations"), values]}, _SLC) for operator in ("in", "a_overlaps")
    ]
    assert found[0] == found[1]
