"""Walks are complete: every Id exactly once, whatever ties, whatever comes and goes meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import CatalogueError, IncompleteResultError
from phistac.odata.filters import All, Comparison
from phistac.odata.paging import Position, fresh_rows, next_position, page_query
from phistac.odata.query import MAX_SKIP, Order, Query
from phistac.odata.times import instant, text

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def _row(number, start, published):
    def at(offset):
        return text(_EPOCH + timedelta(microseconds=offset))

    return {
        "Id": f"{number:06d}",
        "ContentDate": {"Start": at(start), "End": at(start)},
        "PublicationDate": at(published),
    }


def _field(row, path):
    for part in path.split("/"):
        row = row[part]
    return instant(row)


_OPERATORS = {
    "lt": datetime.__lt__,
    "ge": datetime.__ge__,
    "le": datetime.__le__,
    "gt": datetime.__gt__,
    "eq": datetime.__eq__,
}


def _matches(expression, row):
    if expression is None:
        return True
    if isinstance(expression, All):
        return all(_matches(each, row) for each in expression.operands)
    assert isinstance(expression, Comparison)
    return _OPERATORS[expression.operator](_field(row, expression.field), expression.value)


def _answer(rows, query):
    """Answer as the service does: filter, sort with Id as second key, cut."""
    found = [row for row in rows if _matches(query.filter, row)]
    found.sort(key=lambda row: row["Id"])
    found.sort(key=lambda row: _field(row, query.orderby.field), reverse=query.orderby.descending)
    assert query.skip <= MAX_SKIP
    return found[query.skip : query.skip + query.top]


def _walk(rows, query, size, between=lambda: None):
    position, delivered = Position(), []
    while position is not None:
        page = _answer(rows, page_query(query, position, size))
        delivered += [row["Id"] for row in fresh_rows(position, page)]
        position = next_position(query, position, page, more=len(page) >= size)
        if position is not None:
            position = Position.from_json(json.loads(json.dumps(position.to_json())))  # as a token would carry it
        between()
    return delivered


_orders = st.sampled_from(
    [None, *(Order(field, flag) for field in ("ContentDate/Start", "PublicationDate") for flag in (0, 1))]
)
_stamps = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=60)


@settings(max_examples=200)
@given(_stamps, _orders, st.integers(1, 7))
def test_every_id_exactly_once(stamps, order, size):
    rows = [_row(number, *stamp) for number, stamp in enumerate(stamps)]
    delivered = _walk(rows, Query(orderby=order), size)
    assert sorted(delivered) == [row["Id"] for row in rows]


@settings(max_examples=100)
@given(_stamps, st.integers(2, 6), st.randoms(use_true_random=False))
def test_what_stays_is_delivered_though_others_come_and_go(stamps, size, random):
    rows = [_row(number, *stamp) for number, stamp in enumerate(stamps)]
    staying = {row["Id"] for row in rows if random.random() < 0.7}
    numbers = iter(range(1000, 1050))

    def between():
        leaving = [row for row in rows if row["Id"] not in staying and row["Id"] < "001000"]
        # Within a tie of both fields only `$skip` is left, which removals shift; everything else stands firm.
        if leaving and len({(row["ContentDate"]["Start"], row["PublicationDate"]) for row in rows}) == len(rows):
            rows.remove(random.choice(leaving))
        number = next(numbers, None)
        if number is not None:
            rows.append(_row(number, random.randint(5, 9), random.randint(4, 9)))

    delivered = _walk(rows, Query(), size, between)
    assert len(delivered) == len(set(delivered))
    assert staying <= set(delivered)


def test_newest_first_unless_ordered():
    rows = [_row(number, number, 0) for number in range(9)]
    assert _walk(rows, Query(), 4) == [f"{number:06d}" for number in reversed(range(9))]
    assert _walk(rows, Query(orderby=Order()), 4) == [f"{number:06d}" for number in range(9)]


def test_twelve_thousand_of_one_time_are_walked_by_the_other():
    rows = [_row(number, 7, number // 3) for number in range(12_500)]
    assert len(set(_walk(rows, Query(), 1000))) == 12_500


def test_ties_of_both_fields_beyond_skip_are_named():
    rows = [_row(number, 7, 7) for number in range(11_500)]
    with pytest.raises(IncompleteResultError, match=r"share ContentDate/Start 2024-01-01T00:00:00\.000007Z"):
        _walk(rows, Query(), 1000)


def test_a_condition_of_the_search_stays_in_force():
    wanted = Comparison("PublicationDate", "ge", _EPOCH + timedelta(microseconds=2))
    rows = [_row(number, number % 3, number % 4) for number in range(40)]
    assert len(_walk(rows, Query(filter=wanted), 3)) == 20


def test_a_row_without_the_time_it_is_sorted_by_is_an_error():
    row = {"Id": "1", "Name": "x", "ContentDate": None}
    with pytest.raises(CatalogueError, match="no ContentDate/Start"):
        next_position(Query(), Position(), [row], more=True)
