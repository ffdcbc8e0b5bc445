"""CQL2-JSON to filters of the catalogue."""

from __future__ import annotations

import sys

import pytest

from phistac.errors import MissingExtraError, QueryError
from phistac.odata.filters import render
from phistac.stac.collections import collection
from phistac.stac.cql2 import cql2_json, to_expression

_SLC, _BURST, _S2 = (collection(each) for each in ("sentinel-1-slc", "sentinel-1-slc-burst", "sentinel-2-l2a"))


def _p(name):
    return {"property": name}


def _integer(name, operator, value):
    path = "OData.CSC.IntegerAttribute"
    return f"Attributes/{path}/any(att:att/Name eq '{name}' and att/{path}/Value {operator} {value})"


def _string(name, value):
    path = "OData.CSC.StringAttribute"
    return f"Attributes/{path}/any(att:att/Name eq '{name}' and att/{path}/Value eq '{value}')"


@pytest.mark.parametrize(
    ("node", "where", "expected"),
    [
        ({"op": "=", "args": [_p("sat:relative_orbit"), 44.0]}, _SLC, _integer("relativeOrbitNumber", "eq", 44)),
        ({"op": ">", "args": [10, _p("sat:absolute_orbit")]}, _SLC, _integer("orbitNumber", "lt", 10)),
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
            {"op": "<>", "args": [_p("platform"), "sentinel-1a"]},
            _SLC,
            f"not ({_string('platformSerialIdentifier', 'A')})",
        ),
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
    assert render(to_expression(node, where)) == expected


def test_levels_and_versions_are_asked_in_every_spelling():
    level = render(to_expression({"op": "=", "args": [_p("processing:level"), "L1"]}, _SLC))
    assert _string("processingLevel", "LEVEL1") in level
    version = render(to_expression({"op": "=", "args": [_p("processing:version"), "03.92"]}, _SLC))
    assert version == f"{_string('processorVersion', '03.92')} or {_string('processorVersion', '003.92')}"


def test_polarizations_of_a_product_in_either_order():
    both = render(to_expression({"op": "=", "args": [_p("sar:polarizations"), ["VV", "VH"]]}, _SLC))
    assert both == f"{_string('polarisationChannels', 'VV&VH')} or {_string('polarisationChannels', 'VH&VV')}"
    some = render(to_expression({"op": "a_contains", "args": [_p("sar:polarizations"), ["VV"]]}, _SLC))
    assert _string("polarisationChannels", "VV") in some
    assert _string("polarisationChannels", "VV&VH") in some
    assert "'HH'" not in some


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("a = 1", "not a CQL2"),
        ({"op": "isNull", "args": [_p("eo:cloud_cover")]}, "cannot be asked"),
        ({"op": "<", "args": [_p("sat:orbit_state"), "b"]}, "no order"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), "x"]}, "whole number"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), 1.5]}, "whole number"),
        ({"op": "=", "args": [_p("sat:orbit_state"), 5]}, "cannot be compared"),
        ({"op": "=", "args": [_p("orbit_state"), "x"]}, "Did you mean sat:orbit_state"),
        ({"op": "=", "args": [_p("collection"), "x"]}, "parameter collections"),
        ({"op": "=", "args": [_p("sat:relative_orbit"), None]}, "missing"),
        ({"op": "=", "args": [_p("platform"), "meteosat"]}, "no record can have"),
        ({"op": "like", "args": [_p("platform"), "s%"]}, "ids only"),
        ({"op": "like", "args": [_p("id"), "S1_%x"]}, "ids only"),
        ({"op": "and", "args": []}, "cannot be asked"),
        ({"op": "not", "args": [{"op": "=", "args": [_p("id"), "x"]}] * 2}, "cannot be asked"),
        ({"op": "=", "args": [{"op": "+", "args": [1, 2]}, 3]}, "not a property"),
    ],
)
def test_what_the_catalogue_cannot_be_asked_is_refused(node, words):
    with pytest.raises(QueryError, match=words):
        to_expression(node, _SLC)


def test_text_is_parsed_by_the_package():
    pytest.importorskip("cql2")
    made = to_expression(cql2_json("sat:relative_orbit = 44 AND id LIKE 'S1A%'"), _SLC)
    assert render(made) == f"{_integer('relativeOrbitNumber', 'eq', 44)} and startswith(Name,'S1A')"
    with pytest.raises(QueryError, match="is not CQL2 text"):
        cql2_json("sat:relative_orbit = = 44")


def test_text_without_the_package_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "cql2", None)
    with pytest.raises(MissingExtraError, match="pip install cql2"):
        cql2_json("sat:relative_orbit = 44")


def test_a_box_is_an_area():
    node = {"op": "s_intersects", "args": [_p("geometry"), {"bbox": [0, 0, 1, 1]}]}
    assert "POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))" in render(to_expression(node, _SLC))
