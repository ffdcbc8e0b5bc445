"""Random filters, as text through the parser and SQLite, against a naive evaluation in Python.

The oracle shares nothing with the sandbox: it computes each condition from the row's JSON, with None for "unknown" as
in SQL, and decides footprints, which are all rectangles, by comparing their edges.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.sandbox.odata.fields import PRODUCTS, Order
from phistac.sandbox.odata.validator import parse_filter

COLLECTIONS = ["SMOS", "S2GLC", "CCM"]  # without tables of their own: any attribute goes with any of them
TYPES = ["IW_SLC__1S", "IW_GRDH_1S", "IW_GRDH_1S-COG", "S2MSI2A", "OL_1_EFR___"]
FAMILIES = {"SLC": {"IW_SLC__1S"}, "GRD": {"IW_GRDH_1S"}, "GRD-COG": {"IW_GRDH_1S-COG"}}
WORDS = ["S1A", "S2", "it's", "a%b", "a_b", "Ü", ".SAFE", "X"]
ZERO = datetime(2024, 1, 1, tzinfo=UTC)
OPERATORS = {
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def moment(rng):
    return ZERO + timedelta(milliseconds=rng.randrange(50), microseconds=rng.choice([0, 0, 1]))


def written(value, rng):
    text = value.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return (text[:-3] if value.microsecond % 1000 == 0 and rng.random() < 0.5 else text) + "Z"


def random_rows(rows, rectangle, seed):
    rng = random.Random(seed)
    found = []
    for number in range(120):
        collection = rng.choice(COLLECTIONS)
        name = "".join(rng.choice(WORDS) for _ in range(3)) + str(number)
        boxes = [(x := rng.randrange(8), y := rng.randrange(8), x + 1 + rng.randrange(3), y + 1) for _ in range(2)]
        area = rng.choice(
            [
                None,
                rectangle(*boxes[0]),
                {"type": "MultiPolygon", "coordinates": [rectangle(*box)["coordinates"] for box in separate(boxes)]},
            ]
        )
        attributes = [
            ("productType", "String", rng.choice(TYPES)),
            ("orbitNumber", "Integer", rng.randrange(5)),
            ("sliceNumber", "Integer", rng.randrange(5)),
            ("cloudCover", "Double", rng.choice([0, 0.5, 1.25, 40])),
            ("sliceProductFlag", "Boolean", rng.random() < 0.5),
            ("processingDate", "DateTimeOffset", written(moment(rng), rng)),
        ]
        row = rows(
            number,
            area=area,
            attributes=[a for a in attributes if rng.random() < 0.8],
            Name=name,
            S3Path=f"/eodata/{collection}/{name}",
            Online=rng.random() < 0.5,
            PublicationDate=written(moment(rng), rng),
            ContentDate={"Start": written(moment(rng), rng), "End": written(moment(rng), rng)},
        )
        found.append({**row, "_collection": collection, "_boxes": edges(area)})
    return found


def separate(boxes):
    (a, b) = boxes
    return boxes if a[0] > b[2] or b[0] > a[2] or a[1] > b[3] or b[1] > a[3] else [a]


def edges(area):
    if area is None:
        return None
    polygons = [area["coordinates"]] if area["type"] == "Polygon" else area["coordinates"]
    return [(p[0][0][0], p[0][0][1], p[0][2][0], p[0][2][1]) for p in polygons]


# A strategy draws pairs: the text of a condition, and the function that decides it for a row.

text_literals = st.sampled_from([*WORDS, "S1AS2", "", "0", "nothing"])
numbers = st.integers(-1, 5)
moments = st.builds(
    lambda ms, us: ZERO + timedelta(milliseconds=ms, microseconds=us), st.integers(-1, 51), st.integers(0, 1)
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5, minutes=-30))])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


@st.composite
def times(draw):
    value = draw(moments).astimezone(draw(zones))
    text = value.isoformat(timespec="microseconds")
    return value, text.replace("+00:00", "Z")


def time_of(row, path):
    value = row
    for part in path.split("/"):
        value = value[part]
    return datetime.fromisoformat(value)


@st.composite
def plain(draw):
    kind = draw(st.sampled_from(["time", "online", "collection", "name", "id"]))
    if kind == "time":
        path = draw(st.sampled_from(["ContentDate/Start", "ContentDate/End", "PublicationDate"]))
        operator, (value, text) = draw(st.sampled_from(sorted(OPERATORS))), draw(times())
        return f"{path} {operator} {text}", lambda row: OPERATORS[operator](time_of(row, path), value)
    if kind == "online":
        value = draw(st.booleans())
        return f"Online eq {str(value).lower()}", lambda row: row["Online"] == value
    if kind == "collection":
        value = draw(st.sampled_from(COLLECTIONS))
        return f"Collection/Name eq '{value}'", lambda row: row["_collection"] == value
    number = draw(st.integers(0, 130))
    identifier = f"00000000-0000-0001-0000-{number:012x}"
    if kind == "id":
        return f"Id eq '{identifier}'", lambda row: row["Id"] == identifier
    return f"Name eq {quoted(str(number))}", lambda row: row["Name"] == str(number)


@st.composite
def named(draw):
    function, text = draw(st.sampled_from(["contains", "startswith", "endswith"])), draw(text_literals)
    decide = {"contains": str.__contains__, "startswith": str.startswith, "endswith": str.endswith}[function]
    return f"{function}(Name,{quoted(text)})", lambda row: bool(decide(row["Name"], text))


ATTRIBUTES = {
    "productType": ("String", st.sampled_from([*TYPES, *FAMILIES, "nothing"])),
    "orbitNumber": ("Integer", numbers),
    "sliceNumber": ("Integer", numbers),
    "cloudCover": ("Double", st.sampled_from([0, 0.5, 1.0, 1.25, 40, -3.5])),
    "sliceProductFlag": ("Boolean", st.booleans()),
    "processingDate": ("DateTimeOffset", times()),
}


@st.composite
def attributes(draw):
    name = draw(st.sampled_from(sorted(ATTRIBUTES)))
    kind, values = ATTRIBUTES[name]
    value = draw(values)
    equal = kind in {"String", "Boolean"}
    operator = "eq" if equal else draw(st.sampled_from(sorted(OPERATORS)))
    literal = {"String": quoted, "Boolean": lambda v: str(v).lower(), "DateTimeOffset": lambda v: v[1]}.get(kind, str)
    variable = draw(st.sampled_from(["att", "i", "x1"]))
    typed = f"OData.CSC.{kind}Attribute"
    text = (
        f"Attributes/{typed}/any({variable}:{variable}/Name eq '{name}' "
        f"and {variable}/{typed}/Value {operator} {literal(value)})"
    )

    def decide(row):
        found = [a["Value"] for a in row["Attributes"] if a["Name"] == name]
        if name == "productType" and value in FAMILIES:
            return any(v in FAMILIES[value] for v in found)
        if kind == "DateTimeOffset":
            return any(OPERATORS[operator](datetime.fromisoformat(v), value[0]) for v in found)
        return any(OPERATORS[operator](v, value) for v in found)

    return text, decide


@st.composite
def areas(draw):
    west, south = draw(st.integers(-1, 11)), draw(st.integers(-1, 10))
    if draw(st.booleans()):
        west, south = west + draw(st.sampled_from([0, 0.5])), south + draw(st.sampled_from([0, 0.5]))
        wkt, area = f"POINT ({west} {south})", (west, south, west, south)
    else:
        east, north = west + draw(st.integers(1, 4)), south + draw(st.integers(1, 4))
        wkt = f"POLYGON (({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"
        area = (west, south, east, north)

    def decide(row):
        if row["_boxes"] is None:
            return None
        return any(a[0] <= area[2] and area[0] <= a[2] and a[1] <= area[3] and area[1] <= a[3] for a in row["_boxes"])

    return f"OData.CSC.Intersects(area=geography'SRID=4326;{wkt}')", decide


def negated(pair):
    text, decide = pair

    def opposite(row):
        value = decide(row)
        return None if value is None else not value

    return f"not ({text})", opposite


def joined(operator, pairs):
    def every(row):
        values = [decide(row) for _, decide in pairs]
        deciding = operator == "or"
        if deciding in values:
            return deciding
        return None if None in values else not deciding

    return "(" + f" {operator} ".join(text for text, _ in pairs) + ")", every


leaves = st.one_of(plain(), named(), attributes(), areas())
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(negated),
        st.builds(joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=12,
)


class Filled(list):
    """Records and stores; short in hypothesis' reports."""

    def __repr__(self):
        return "Filled()"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    spec = spec_from_file_location("odata_rows", Path(__file__).with_name("conftest.py"))
    helpers = module_from_spec(spec)
    spec.loader.exec_module(helpers)
    from phistac.sandbox.odata.store import Store

    opened = Filled()
    for seed in (1, 2):
        records = random_rows(helpers.product_row, helpers.box, seed)
        served = [{k: v for k, v in row.items() if not k.startswith("_")} for row in records]
        opened.append((records, Store(helpers.write(tmp_path_factory.mktemp("catalogue"), products=served))))
    yield opened
    for _, store in opened:
        store.close()


def selected(store, text):
    where = parse_filter(text, PRODUCTS, store.registry)
    order = Order(PRODUCTS.field("ContentDate/Start"), descending=False)
    rows = store.search(PRODUCTS, where, order=order, top=1000, skip=0, salt="")
    assert store.count(PRODUCTS, where) == len(rows)
    import json

    return [json.loads(row["row"] + "}") for row in rows]


@settings(max_examples=250, deadline=None)
@given(expression=expressions)
def test_sqlite_selects_what_a_naive_reader_selects(filled, expression):
    text, decide = expression
    for records, store in filled:
        found = selected(store, text)
        expected = [row for row in records if decide(row) is True]
        expected.sort(key=lambda row: (time_of(row, "ContentDate/Start"), row["Id"]))
        assert [row["Id"] for row in found] == [row["Id"] for row in expected]


def test_and_binds_tighter_than_or(filled):
    records, store = filled[0]
    found = selected(store, "Online eq true or Online eq false and Name eq 'nothing'")
    assert {row["Id"] for row in found} == {row["Id"] for row in records if row["Online"]}


def test_attributes_are_matched_as_one(filled):
    # Name and value must be of the same attribute: a record with orbitNumber 1 and something else of 2 is no match.
    records, store = filled[0]
    text = "Attributes/OData.CSC.IntegerAttribute/any(a:a/Name eq 'orbitNumber' and a/OData.CSC.IntegerAttribute/Value eq 2)"
    expected = {
        r["Id"] for r in records if any(a["Name"] == "orbitNumber" and a["Value"] == 2 for a in r["Attributes"])
    }
    assert {row["Id"] for row in selected(store, text)} == expected


def test_a_long_filter_is_no_deep_filter(filled):
    records, store = filled[0]
    text = " or ".join(f"Name eq {quoted(row['Name'])}" for row in records * 20)
    assert len(selected(store, text)) == len(records)
