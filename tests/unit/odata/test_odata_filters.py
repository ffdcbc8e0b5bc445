"""The renderer, against an independent parser of OData."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import GeometryError, QueryError
from phistac.odata.filters import (
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

grammar = pytest.importorskip("odata_query.grammar")
ast = pytest.importorskip("odata_query.ast")


def _parse(rendered):
    return grammar.ODataParser().parse(grammar.ODataLexer().tokenize(rendered))


def test_a_filter_as_the_service_documents_it():
    expression = (
        Comparison("Collection/Name", "eq", "SENTINEL-1")
        & Attribute("relativeOrbitNumber", "Integer", "eq", 44)
        & (NamePattern("startswith", "S1A") | Comparison("ContentDate/Start", "ge", datetime(2024, 1, 1, tzinfo=UTC)))
    )
    assert render(expression) == (
        "Collection/Name eq 'SENTINEL-1' and Attributes/OData.CSC.IntegerAttribute/any(att:att/Name eq 'relativeOrbitNumber' "
        "and att/OData.CSC.IntegerAttribute/Value eq 44) and (startswith(Name,'S1A') or ContentDate/Start ge "
        "2024-01-01T00:00:00.000000Z)"
    )


def test_the_area_is_a_closed_ring():
    made = intersects(shapely.box(14, 40.5, 14.5, 41))
    assert render(made) == (
        "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON ((14.5 40.5, 14.5 41, 14 41, 14 40.5, 14.5 40.5))')"
    )


def test_sets_of_points_become_alternatives_and_lines_become_thin():
    points = intersects(shapely.MultiPoint([(1, 2), (3, 4)]))
    assert render(points).count("POINT (") == 2
    line = intersects(shapely.LineString([(0, 0), (1, 1)]))
    assert isinstance(line, Intersects)
    around = shapely.from_wkt(line.wkt)
    assert around.is_valid
    assert around.contains(shapely.LineString([(0, 0), (1, 1)]))
    assert around.area < 1e-6
    with pytest.raises(GeometryError, match="empty"):
        intersects(shapely.Polygon())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])))
def test_any_text_survives(value):
    tree = _parse(render(Comparison("Name", "eq", value)))
    assert tree.right == ast.String(value.replace("'", "''")) or tree.right.py_val == value


_MILLENNIUM = datetime(2000, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
_numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: x + 0.0))


@given(_numbers)
def test_any_number_survives(value):
    rendered = render(Attribute("cloudCover", "Double", "le", value))
    literal = rendered.rsplit(" ", 1)[1].rstrip(")")
    assert "e" not in literal.lower()
    assert float(literal) == value


@given(st.datetimes(min_value=_MILLENNIUM, timezones=st.just(UTC)))
def test_any_time_is_unquoted_utc(value):
    literal = render(Comparison("PublicationDate", "lt", value)).rsplit(" ", 1)[1]
    assert literal.endswith("Z")
    assert "'" not in literal
    assert datetime.fromisoformat(literal) == value


_leaves = st.one_of(
    st.sampled_from(
        [
            Comparison("Name", "eq", "a'b"),
            Comparison("Online", "eq", True),
            Attribute("orbitNumber", "Integer", "ge", 1),
        ]
    ),
    st.integers(0, 9).map(lambda number: Comparison("BurstId", "eq", number)),
)
_trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
        inner.map(Not),
    ),
    max_leaves=8,
)


def _truth(node, world):
    """Evaluate an expression of ours; a leaf is true where the world says so."""
    if isinstance(node, Not):
        return not _truth(node.operand, world)
    if hasattr(node, "operands"):
        values = [_truth(each, world) for each in node.operands]
        return all(values) if type(node).__name__ == "All" else any(values)
    return world(render(node))


def _parsed_truth(node, world):
    if isinstance(node, ast.BoolOp):
        left, right = _parsed_truth(node.left, world), _parsed_truth(node.right, world)
        return (left and right) if isinstance(node.op, ast.And) else (left or right)
    if isinstance(node, ast.UnaryOp):
        return not _parsed_truth(node.operand, world)
    return world(node)


@given(_trees, st.integers(0, 2**16))
def test_precedence_is_what_was_meant(tree, seed):
    def ours(rendered):
        return _parity(_parse(rendered))

    def _parity(node):
        return (sum(repr(node).encode()) ^ seed) % 2 == 0

    assert _truth(tree, ours) == _parsed_truth(_parse(render(tree)), _parity)


def test_in_and_ne_are_never_written():
    rendered = render(~any_of(Comparison("Name", "eq", name) for name in "abc"))
    assert rendered == "not (Name eq 'a' or Name eq 'b' or Name eq 'c')"


@pytest.mark.parametrize(
    ("kind", "operator", "value"),
    [
        ("Integer", "eq", "44"),
        ("Integer", "eq", 44.0),
        ("Integer", "eq", True),
        ("Double", "eq", "1"),
        ("String", "eq", 1),
        ("String", "ge", "a"),
        ("Boolean", "lt", True),
        ("DateTimeOffset", "eq", "2024-01-01"),
    ],
)
def test_a_type_that_is_not_the_attributes_is_refused(kind, operator, value):
    with pytest.raises(QueryError, match="is of type"):
        Attribute("x", kind, operator, value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(QueryError, match="cannot be compared"):
        render(Attribute("cloudCover", "Double", "le", value))


def test_a_field_is_not_a_place_for_an_injection():
    with pytest.raises(QueryError, match="not a field"):
        Comparison("Name eq 'x' or Name", "eq", "y")
