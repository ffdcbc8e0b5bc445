"""The whole query language on an archive made for it: every attribute of every collection, every field of bursts.

Rendered filter -> the sandbox -> the same records as the expression itself selects, which is evaluated here on the rows.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phistac.odata.attributes import ATTRIBUTES, COLLECTIONS
from phistac.odata.filters import (
    All,
    Any_,
    Attribute,
    Comparison,
    Intersects,
    NamePattern,
    Not,
    all_of,
    any_of,
    intersects,
    render,
)
from phistac.odata.query import Query
from phistac.odata.times import instant
from phistac.remote.catalogue.catalogue import Catalogue

_OPERATORS = {
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}
_TEXTS = (
    "plain",
    "VV&VH",
    "O'Neill''s",
    "a+b",
    "100 %",
    "Grüße Ωμέγα 東京",
    "comma, (bracket) = eq 'x'",
    "/;?#",
    "true",
)
_AREAS = (
    None,
    shapely.box(14, 40, 15, 41),
    shapely.Polygon([(14.2, 40.2), (16, 40.5), (15.5, 42), (14.2, 40.2)]),
    shapely.MultiPolygon([shapely.box(178, -20, 180, -18), shapely.box(-180, -20, -179, -18)]),
    shapely.box(-180, 85, 180, 90),
    shapely.box(-180, -90, 180, -78),
    shapely.box(-1, -1, 1, 1),
)
_ROUND = datetime(2024, 8, 2, 6, 7, 23, tzinfo=UTC)


def _time(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _value(kind, chance):
    return {
        "String": lambda: chance.choice(_TEXTS),
        "Integer": lambda: chance.randrange(-2, 5),
        "Double": lambda: chance.choice([0.0, -1.5, 1e-7, 12.25, 99.999999, 100.0]),
        "Boolean": lambda: chance.random() < 0.5,
        "DateTimeOffset": lambda: _time(_ROUND + timedelta(microseconds=chance.randrange(3))),
    }[kind]()


def _common(name, chance):
    start = _ROUND + timedelta(microseconds=chance.randrange(4), days=chance.randrange(2))
    area = chance.choice(_AREAS)
    return {
        "Id": f"{chance.getrandbits(128):032x}"[:32],
        "Name": name,
        "ContentDate": {"Start": _time(start), "End": _time(start + timedelta(seconds=chance.randrange(3)))},
        "GeoFootprint": None if area is None else json.loads(shapely.to_geojson(area)),
        "S3Path": f"/eodata/{name}",
    }


def _uuid(row):
    flat = row["Id"]
    return {**row, "Id": "-".join((flat[:8], flat[8:12], flat[12:16], flat[16:20], flat[20:]))}


def _products():
    chance = random.Random(5)
    for collection in COLLECTIONS:
        table = [row for row in ATTRIBUTES if collection in row.collections and row.operators]
        for number in range(8):
            name = f"{collection}_{chance.choice(_TEXTS)}_{number:02d}.SAFE"
            yield _uuid(_common(name, chance)) | {
                "Collection": {"Name": collection},
                "Online": chance.random() < 0.7,
                "PublicationDate": _time(_ROUND + timedelta(microseconds=chance.randrange(3))),
                "ModificationDate": _time(_ROUND + timedelta(microseconds=chance.randrange(3))),
                "Attributes": [
                    {"@odata.type": f"#OData.CSC.{row.type}Attribute", "Name": row.odata,
                     "Value": _value(row.type, chance), "ValueType": row.type}
                    for row in table
                    if chance.random() < 0.8
                ],
            }  # fmt: skip


_BURST_FIELDS = {
    "ParentProductName": "String", "ParentProductType": "String", "PolarisationChannels": "String",
    "OperationalMode": "String", "SwathIdentifier": "String", "OrbitDirection": "String",
    "PlatformSerialIdentifier": "String", "BurstId": "Integer", "AbsoluteBurstId": "Integer",
    "RelativeOrbitNumber": "Integer", "DatatakeID": "Integer",
}  # fmt: skip


def _bursts():
    chance = random.Random(6)
    for number in range(40):
        row = _uuid(_common(f"S1A-SLC-{number}-{chance.choice(_TEXTS)}", chance))
        parent = f"00000000-0000-4000-8000-{chance.randrange(3):012d}"
        yield row | {"ParentProductId": parent} | {key: _value(kind, chance) for key, kind in _BURST_FIELDS.items()}


@pytest.fixture(scope="module")
def records():
    return {"Products": list(_products()), "Bursts": list(_bursts())}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory, records):
    from phistac.sandbox import Sandbox
    from phistac.sandbox.config import SandboxConfig
    from phistac.sandbox.content import prepare

    def make(root):
        (root / "catalogue").mkdir()
        for entity, rows in records.items():
            lines = "\n".join(json.dumps(row) for row in rows)
            (root / "catalogue" / f"{entity.lower()}.jsonl").write_text(lines)

    root = tmp_path_factory.mktemp("language") / "archive"
    prepare(root, SandboxConfig(), make=make)
    with Sandbox(root=root) as cdse, Catalogue(cdse.settings) as found:
        yield found


def _selects(node, row):
    """Evaluate an expression on a row, three-valued: an oracle that shares nothing with the renderer."""
    if isinstance(node, Not):
        inner = _selects(node.operand, row)
        return None if inner is None else not inner
    if isinstance(node, All | Any_):
        values = [_selects(each, row) for each in node.operands]
        decisive = isinstance(node, Any_)
        return decisive if decisive in values else None if None in values else not decisive
    return _is_true(node, row)


def _is_true(node, row):
    match node:
        case Comparison("Collection/Name", _, value):
            return row["Collection"]["Name"] == value
        case Comparison(field, operator, value):
            found = row
            for part in field.split("/"):
                found = found[part]
            return _OPERATORS[operator](instant(found) if "Date" in field else found, value)
        case Attribute(name, kind, operator, value):
            values = [each["Value"] for each in row["Attributes"] if (each["Name"], each["ValueType"]) == (name, kind)]
            return any(
                _OPERATORS[operator](instant(each) if kind == "DateTimeOffset" else each, value) for each in values
            )
        case NamePattern(function, text):
            return text in row["Name"] if function == "contains" else getattr(row["Name"], function)(text)
        case Intersects(wkt):
            area = row["GeoFootprint"]
            return area and shapely.intersects(shapely.geometry.shape(area), shapely.from_wkt(wkt))
    raise AssertionError(node)


def _check(catalogue, records, entity, expression):
    expected = sorted(row["Id"] for row in records[entity] if _selects(expression, row))
    found = sorted(row["Id"] for row in catalogue.rows(Query(entity, filter=expression)))
    assert found == expected, render(expression)
    return len(expected)


_PAIRS = [(row, collection) for row in ATTRIBUTES if row.operators for collection in row.collections]


def test_every_attribute_of_every_collection_with_its_type(catalogue, records):
    """One operator each, in turn: over the collections, every attribute meets several."""
    selected = []
    for number, (row, collection) in enumerate(_PAIRS):
        values = [
            each["Value"]
            for record in records["Products"]
            if record["Collection"]["Name"] == collection
            for each in record["Attributes"]
            if each["Name"] == row.odata
        ]
        value = values[0] if values else _value(row.type, random.Random(1))
        typed = instant(value) if row.type == "DateTimeOffset" else value
        condition = Attribute(row.odata, row.type, row.operators[number % len(row.operators)], typed)
        inside = Comparison("Collection/Name", "eq", collection)
        selected.append(_check(catalogue, records, "Products", inside & condition))
    assert len(_PAIRS) > 280
    assert sum(1 for each in selected if each) > 0.8 * len(selected)


@pytest.mark.parametrize("operator", list(_OPERATORS))
def test_every_kind_with_every_operator(catalogue, records, operator):
    kinds = {
        "Integer": ("orbitNumber", 1),
        "Double": ("cloudCover", 12.25),
        "DateTimeOffset": ("processingDate", _ROUND + timedelta(microseconds=1)),
    }
    for kind, (name, value) in kinds.items():
        assert _check(catalogue, records, "Products", Attribute(name, kind, operator, value))


def test_fields_of_products(catalogue, records):
    later = _ROUND + timedelta(microseconds=1)
    for field in ("ContentDate/Start", "ContentDate/End", "PublicationDate", "ModificationDate"):
        for operator in _OPERATORS:
            _check(catalogue, records, "Products", Comparison(field, operator, later))
    for online in (True, False):
        assert _check(catalogue, records, "Products", Comparison("Online", "eq", online))
    for name in COLLECTIONS:
        assert _check(catalogue, records, "Products", Comparison("Collection/Name", "eq", name)) == 8


def test_every_field_of_bursts(catalogue, records):
    for field, kind in {**_BURST_FIELDS, "Name": "String", "ParentProductId": "String"}.items():
        value = records["Bursts"][7][field]
        for operator in _OPERATORS if kind == "Integer" else ("eq",):
            _check(catalogue, records, "Bursts", Comparison(field, operator, value))
        assert _check(catalogue, records, "Bursts", Comparison(field, "eq", value))


def test_names_and_values_with_every_character(catalogue, records):
    for text in _TEXTS:
        for function in ("startswith", "endswith", "contains"):
            _check(catalogue, records, "Products", NamePattern(function, text))
        assert _check(catalogue, records, "Products", NamePattern("contains", text))
        assert _check(catalogue, records, "Products", Attribute("productType", "String", "eq", text))
        assert _check(catalogue, records, "Bursts", NamePattern("endswith", text))


_SHAPES = {
    "point": "POINT (14.5 40.5)",
    "point on an edge": "POINT (14 40.5)",
    "line": "LINESTRING (13 40.5, 17 40.6)",
    "polygon with a hole": "POLYGON ((13 39, 17 39, 17 43, 13 43, 13 39), (13.5 39.5, 15.1 39.5, 15.1 41.1, 13.5 41.1, 13.5 39.5))",
    "points": "MULTIPOINT (14.5 40.5, 179 -19)",
    "lines": "MULTILINESTRING ((13 40.5, 17 40.6), (178 -19, 180 -19))",
    "polygons across the antimeridian": "MULTIPOLYGON (((179 -19.5, 180 -19.5, 180 -19, 179 -19, 179 -19.5)), ((-180 -19.5, -179.5 -19.5, -179.5 -19, -180 -19, -180 -19.5)))",
    "north pole": "POINT (0 90)",
    "south pole": "POLYGON ((-180 -90, 180 -90, 180 -85, -180 -85, -180 -90))",
    "collection": "GEOMETRYCOLLECTION (POINT (0 0), LINESTRING (14 40, 15 41))",
    "the globe": "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))",
    "nowhere": "POINT (-100 20)",
}


@pytest.mark.parametrize("shape", list(_SHAPES))
def test_geometry(catalogue, records, shape):
    area = shapely.from_wkt(_SHAPES[shape])
    # Not the rendered WKT but the shape itself is the oracle.
    for entity, rows in records.items():
        expected = {
            row["Id"]
            for row in rows
            if row["GeoFootprint"] and shapely.intersects(shapely.geometry.shape(row["GeoFootprint"]), area)
        }
        found = {row["Id"] for row in catalogue.rows(Query(entity, filter=intersects(area)))}
        assert found == expected
        assert bool(found) == (shape != "nowhere")


def _leaves(rows):
    def of_burst(draw):
        field = draw(st.sampled_from([*_BURST_FIELDS, "Name", "ContentDate/Start", "ContentDate/End"]))
        value = draw(st.sampled_from(rows))
        for part in field.split("/"):
            value = value[part]
        if "Date" in field:
            value = instant(value) + timedelta(microseconds=draw(st.sampled_from([-1, 0, 1])))
        ordered = not isinstance(value, str)
        return Comparison(field, draw(st.sampled_from(list(_OPERATORS))) if ordered else "eq", value)

    def of_area(draw):
        return intersects(shapely.from_wkt(draw(st.sampled_from(list(_SHAPES.values())))))

    def of_name(draw):
        name = draw(st.sampled_from(rows))["Name"]
        start = draw(st.integers(0, len(name) - 1))
        return NamePattern(draw(st.sampled_from(["startswith", "endswith", "contains"])), name[start : start + 4])

    @st.composite
    def leaf(draw):
        return draw(st.sampled_from([of_burst, of_burst, of_area, of_name]))(draw)

    return leaf()


def test_any_combination_on_bursts(catalogue, records):
    tree = st.recursive(
        _leaves(records["Bursts"]),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(all_of),
            st.lists(inner, min_size=2, max_size=3).map(any_of),
            inner.map(Not),
        ),
        max_leaves=6,
    )

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(tree)
    def check(expression):
        _check(catalogue, records, "Bursts", expression)

    check()
