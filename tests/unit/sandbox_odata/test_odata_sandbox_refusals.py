"""What the catalogue does not take: one example of each, and the near misses that it does take."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.sandbox.odata.attributes import REGISTERED, Registry, family
from phistac.sandbox.odata.errors import RefusalError
from phistac.sandbox.odata.expressions import Attribute, Comparison, Intersection, Junction, Negation, TextMatch
from phistac.sandbox.odata.fields import BURSTS, DELETED, PRODUCTS
from phistac.sandbox.odata.options import parse_options
from phistac.sandbox.odata.validator import parse_filter

REGISTRY = Registry()
SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"


def attribute(name="productType", kind="String", value="'SLC'", *, operator="eq", inner=None, variable="att"):
    inner = inner or f"OData.CSC.{kind}Attribute"
    return (
        f"Attributes/OData.CSC.{kind}Attribute/any({variable}:{variable}/Name eq '{name}' "
        f"and {variable}/{inner}/Value {operator} {value})"
    )


def area(wkt=SQUARE, srid="SRID=4326;"):
    return f"OData.CSC.Intersects(area=geography'{srid}{wkt}')"


REFUSED = {
    "empty": "  ",
    "unknown field": "Title eq 'x'",
    "field of another entity": "BurstId eq 15804",
    "field in small letters": "name eq 'x'",
    "field that is not searchable": "ContentLength gt 5",
    "half a path": "ContentDate eq 2024-01-01T00:00:00Z",
    "collection without its name": "Collection eq 'SENTINEL-1'",
    "ne": "Name ne 'x'",
    "in": "Name in ('x', 'y')",
    "string with lt": "Name lt 'x'",
    "collection with ge": "Collection/Name ge 'SENTINEL-1'",
    "capital AND": "Online eq true AND Online eq true",
    "capital EQ": "Name EQ 'x'",
    "capital True": "Online eq True",
    "boolean with gt": "Online gt true",
    "null": "Name eq null",
    "arithmetic": "PublicationDate eq 1 add 1",
    "quoted date": "ContentDate/Start gt '2024-01-01T00:00:00.000Z'",
    "date alone": "ContentDate/Start gt 2024-01-01",
    "date without zone": "ContentDate/Start gt 2024-01-01T00:00:00.000",
    "seven digits of a second": "ContentDate/Start gt 2024-01-01T00:00:00.0000001Z",
    "no such day": "ContentDate/Start gt 2024-02-30T00:00:00Z",
    "no quotes": "Name eq x",
    "open quote": "Name eq 'x",
    "unbalanced": "(Name eq 'x'",
    "value first": "'x' eq Name",
    "two fields": "Name eq Id",
    "not of a field": "not Name eq 'x'",
    "bare value": "true",
    "contains another field": "contains(Collection/Name,'S')",
    "contains a number": "contains(Name,5)",
    "other function": "tolower(Name) eq 'x'",
    "function of capitals": "Contains(Name,'x')",
    "matchesPattern": "matchesPattern(Name,'x')",
    "wrong namespace": area().replace("OData.CSC", "OData.CSDL"),
    "missing namespace": area().replace("OData.CSC.", ""),
    "namespace in small letters": area().replace("OData", "odata"),
    "geo.intersects": f"geo.intersects(GeoFootprint,geography'SRID=4326;{SQUARE}')",
    "area by another name": area().replace("area=", "region="),
    "area without geography": area().replace("geography", ""),
    "geography in capitals": area().replace("geography", "GEOGRAPHY"),
    "other reference system": area(srid="SRID=3857;"),
    "no reference system": area(srid=""),
    "not WKT": area("nonsense"),
    "open ring": area("POLYGON ((0 0, 1 0, 1 1, 0 1))"),
    "self-crossing": area("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"),
    "empty area": area("POLYGON EMPTY"),
    "line": area("LINESTRING (0 0, 1 1)"),
    "collection of areas": area(f"GEOMETRYCOLLECTION ({SQUARE})"),
    "three dimensions": area("POINT Z (1 2 3)"),
    "GeoJSON": area('{"type": "Point"}'),
    "lambda of no namespace": attribute().replace("OData.CSC.", ""),
    "lambda of another namespace outside": attribute().replace("OData.CSC", "CSDL", 1),
    "lambda of another namespace inside": attribute(inner="OData.CSDL.StringAttribute"),
    "lambda of no namespace inside": attribute(inner="StringAttribute"),
    "lambda of two types": attribute("orbitNumber", "Integer", "5", inner="OData.CSC.StringAttribute"),
    "lambda of an unknown type": attribute(kind="Text"),
    "attribute of another type": attribute("orbitNumber", "String", "'5'"),
    "attribute that is a double": attribute("cloudCover", "Integer", "5"),
    "unknown attribute": attribute("cloudcover", "Double", "5"),
    "attribute of another collection": f"Collection/Name eq 'SENTINEL-1' and {attribute('tileId', value=repr('32TNT'))}",
    "string attribute with gt": attribute(operator="gt"),
    "boolean attribute with le": attribute("sliceProductFlag", "Boolean", "true", operator="le"),
    "quoted number": attribute("orbitNumber", "Integer", "'5'"),
    "fraction for an integer": attribute("orbitNumber", "Integer", "5.5"),
    "quoted date in a lambda": attribute("processingDate", "DateTimeOffset", "'2024-01-01T00:00:00Z'"),
    "unquoted string": attribute(value="SLC"),
    "integer out of range": attribute("orbitNumber", "Integer", str(2**63)),
    "two variables": attribute().replace("att/Name", "other/Name"),
    "value before name": (
        "Attributes/OData.CSC.StringAttribute/any(a:a/OData.CSC.StringAttribute/Value eq 'SLC' and a/Name eq 'productType')"
    ),
    "or inside": attribute().replace(" and ", " or "),
    "only a name": "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType')",
    "any of nothing": "Attributes/OData.CSC.StringAttribute/any()",
    "all": attribute().replace("any(", "all("),
    "Any": attribute().replace("any(", "Any("),
    "attributes in small letters": attribute().replace("Attributes/", "attributes/", 1),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refused(text):
    with pytest.raises(RefusalError) as refusal:
        parse_filter(text, PRODUCTS, REGISTRY)
    assert refusal.value.status == 400
    detail = refusal.value.content("the-id")["detail"]
    assert detail["ErrorMessage"] == "Validation error."
    assert detail["ErrorDetail"][0]["loc"] == ["$filter"]
    assert detail["RequestID"] == "the-id"


TAKEN = {
    "Name eq 'it''s'": Comparison,
    "Id eq 72ac8773-c55d-526a-a9a9-22ddb9b595ef": Comparison,
    "Id eq '72AC8773-c55d-526a-a9a9-22ddb9b595ef'": Comparison,
    "Online eq false": Comparison,
    "ContentDate/Start ge 2024-01-01T00:00:00Z": Comparison,
    "PublicationDate le 2024-01-01T02:00:00.123456+02:00": Comparison,
    "not contains(Name,'S2') and Online eq true": Junction,
    "not (Name eq 'x')": Negation,
    "contains(Name, 'SL_2_FRP___')": TextMatch,
    "endswith(Name,'')": TextMatch,
    area(): Intersection,
    area("POINT(-0.53 28.65)"): Intersection,
    area(" MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))"): Intersection,
    attribute(): Attribute,
    attribute(variable="i"): Attribute,
    attribute("cloudCover", "Double", "40.00", operator="le"): Attribute,
    attribute("cloudCover", "Double", "40", operator="lt"): Attribute,
    attribute("startTimeFromAscendingNode", "Double", "-1.5e3", operator="gt"): Attribute,
    attribute("beginningDateTime", "DateTimeOffset", "2024-01-01T00:00:00.000Z", operator="ge"): Attribute,
    attribute("sliceProductFlag", "Boolean", "false"): Attribute,
    attribute("polarisationChannels", value="'VV&VH'"): Attribute,
}


@pytest.mark.parametrize(("text", "kind"), TAKEN.items(), ids=TAKEN.keys())
def test_taken(text, kind):
    assert type(parse_filter(text, PRODUCTS, REGISTRY)) is kind


PIECES = st.sampled_from(
    [
        "Name",
        "Id",
        "ContentDate/Start",
        "Collection/Name",
        "eq",
        "ne",
        "gt",
        "in",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "'",
        "'x'",
        "''",
        "5",
        "-5",
        "1.5e400",
        "true",
        "null",
        "any",
        "all",
        "att",
        ":",
        "/",
        "=",
        ".",
        "2024-01-01T00:00:00Z",
        "2024-13-45T00:00:00Z",
        "9999-12-31T23:59:59.999999-23:59",
        "contains(",
        "OData.CSC.",
        "OData.CSC.Intersects(",
        "area=",
        "geography'",
        "geography'SRID=4326;POINT(nan",
        "1)'",
        "geography'SRID=4326;POLYGON((0",
        "0))'",
        "StringAttribute",
        "Attributes/",
        "72ac8773-c55d-526a-a9a9-22ddb9b595ef",
        "é",
        "\x00",
        "duration'P1D'",
        "-",
        "add",
    ]
)
SOUP = st.lists(PIECES, max_size=15).flatmap(lambda words: st.sampled_from(["", " "]).map(lambda gap: gap.join(words)))


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(SOUP, st.text(max_size=40), st.builds(str.__add__, st.sampled_from([area(), attribute()]), SOUP)))
def test_anything_is_taken_or_refused(text):
    for entity in (PRODUCTS, BURSTS):
        with suppress(RefusalError):
            parse_filter(text, entity, REGISTRY)


@pytest.mark.parametrize("text", ["not " * 5000 + "(Online eq true)", "(" * 5000 + "Online eq true" + ")" * 5000])
def test_depth(text):
    with suppress(RefusalError):
        parse_filter(text, PRODUCTS, REGISTRY)
    with pytest.raises(RefusalError):
        parse_filter(f"Name eq 'x' and {'not (' * 60}Online eq true{')' * 60}", PRODUCTS, REGISTRY)


def test_times_compare_as_microseconds():
    expression = parse_filter("PublicationDate le 1970-01-01T02:00:00.000001+02:00", PRODUCTS, REGISTRY)
    assert expression.value == 1


def test_a_thousand_names_in_one_filter():
    text = " or ".join(f"Name eq '{n}'" for n in range(1500))
    parts = parse_filter(text, PRODUCTS, REGISTRY).parts
    assert [part.value for part in parts] == [str(n) for n in range(1500)]


@pytest.mark.parametrize(
    "text", ["BurstId eq 15804", "ParentProductId eq 'e463365f-728b-4890-b123-97c76941c878'", "DatatakeID ge 5", area()]
)
def test_bursts_take_plain_fields(text):
    parse_filter(text, BURSTS, REGISTRY)


@pytest.mark.parametrize(
    "text",
    [
        attribute(),
        "BurstId eq '15804'",
        "SwathIdentifier gt 'IW1'",
        "ByteOffset gt 5",
        "Lines eq 1500",
        "AzimuthTime gt 2024-01-01T00:00:00Z",
        "PublicationDate gt 2024-01-01T00:00:00Z",
        "Collection/Name eq 'SENTINEL-1'",
        "contains(ParentProductName,'S1A')",
        "SwathIdentifier in ('IW1', 'IW2')",
    ],
)
def test_bursts_refuse(text):
    with pytest.raises(RefusalError):
        parse_filter(text, BURSTS, REGISTRY)


def test_deleted_products_have_their_own_fields():
    parse_filter("DeletionCause eq 'Corrupted product' and DeletionDate gt 2023-04-01T00:00:00.000Z", DELETED, REGISTRY)
    for text in ("PublicationDate gt 2023-04-01T00:00:00.000Z", "Online eq true"):
        with pytest.raises(RefusalError):
            parse_filter(text, DELETED, REGISTRY)


@pytest.mark.parametrize(
    ("query", "status", "entity"),
    [
        ("$top=1001", 422, PRODUCTS),
        ("$top=-1", 422, PRODUCTS),
        ("$top=ten", 422, PRODUCTS),
        ("$top=1.5", 422, PRODUCTS),
        ("$skip=10001", 422, PRODUCTS),
        ("$count=yes", 422, PRODUCTS),
        ("$orderby=Name", 400, PRODUCTS),
        ("$orderby=ContentLength desc", 400, PRODUCTS),
        ("$orderby=ContentDate/Start asc,Id asc", 400, PRODUCTS),
        ("$orderby=ContentDate/Start DESC", 400, PRODUCTS),
        ("$orderby=", 400, PRODUCTS),
        ("$orderby=PublicationDate", 400, BURSTS),
        ("$orderby=PublicationDate", 400, DELETED),
        ("$expand=Everything", 400, PRODUCTS),
        ("$expand=Attributes", 400, BURSTS),
        ("$expand=Assets", 400, DELETED),
        ("$select=Footprint,Size", 400, PRODUCTS),
        ("$format=json", 400, PRODUCTS),
        ("top=5", 400, PRODUCTS),
        ("$top=5&$top=6", 400, PRODUCTS),
    ],
)
def test_options_refused(query, status, entity):
    with pytest.raises(RefusalError) as refusal:
        parse_options(query, entity)
    assert refusal.value.status == status


def test_single_rows_take_expand_and_select_only():
    assert parse_options("$expand=Assets&$select=Name", PRODUCTS, single=True).expand == ("Assets",)
    with pytest.raises(RefusalError):
        parse_options("$top=5", PRODUCTS, single=True)


def test_the_recorded_body_of_a_skip_too_far(real_data):
    import json

    recorded = json.loads((real_data / "cdse/odata_errors/docs_error_01.json").read_text())
    with pytest.raises(RefusalError) as refusal:
        parse_options("$skip=10001", PRODUCTS)
    assert refusal.value.content("") == recorded


def test_attribute_tables_are_the_recorded_ones(real_data):
    import json

    derived = json.loads((real_data / "cdse/odata_attributes/attributes_by_collection_derived.json").read_text())
    assert {name: dict(table) for name, table in REGISTERED.items()} == derived
    recorded = json.loads((real_data / "cdse/odata_attributes/attributes_SENTINEL-1.json").read_text())
    assert [{"Name": n, "ValueType": t} for n, t in REGISTERED["SENTINEL-1"].items()] == recorded


@pytest.mark.parametrize(
    ("product_type", "alias"),
    [
        ("IW_SLC__1S", "SLC"),
        ("WV_SLC__1S", "SLC"),
        ("S3_GRDH_1S", "GRD"),
        ("EW_GRDM_1S-COG", "GRD-COG"),
        ("IW_RAW__0S", "RAW"),
        ("IW_OCN__2S", "OCN"),
        ("AUX_RESORB", None),
        ("S2MSI2A", None),
    ],
)
def test_families(product_type, alias):
    assert family(product_type) == alias
