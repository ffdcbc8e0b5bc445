"""Walks are complete: every Id exactly once, whatever ties, whatever comes and goes meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.errors import CatalogueError, IncompleteResultError
from phistac.odata.filters import All, Comparison, NamePattern, Not
from phistac.odata.namesplit import EVERYTHING, Share, split
from phistac.odata.paging import Position, describe, page_query, page_size, read_page
from phistac.odata.query import MAX_SKIP, Order, Query
from phistac.odata.times import instant, text

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def _row(number, start, published, name=""):
    def at(offset):
        return text(_EPOCH + timedelta(microseconds=offset))

    return {
        "Id": f"{number:06d}",
        "Name": name or f"S2A_{number:06d}",
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
    if isinstance(expression, Not):
        return not _matches(expression.operand, row)
    if isinstance(expression, NamePattern):
        assert expression.function == "startswith"
        return row["Name"].startswith(expression.text)
    assert isinstance(expression, Comparison)
    return _OPERATORS[expression.operator](_field(row, expression.field), expression.value)


def _answer(rows, query):
    """Answer as the service does: filter, sort with Id as second key, cut."""
    found = [row for row in rows if _matches(query.filter, row)]
    found.sort(key=lambda row: row["Id"])
    found.sort(key=lambda row: _field(row, query.orderby.field), reverse=query.orderby.descending)
    assert query.skip <= MAX_SKIP
    return found[query.skip : query.skip + query.top]


def _walk(rows, query, limit, between=lambda: None, most=None):
    """Walk pages of ``limit`` rows, of which ``most`` are delivered."""
    position, delivered = Position(), []
    while position is not None:
        size = page_size(position, most or limit, limit=limit)
        page = _answer(rows, page_query(query, position, size))
        fresh, position = read_page(query, position, page, more=len(page) >= size, most=most, limit=limit)
        assert len(fresh) <= (most or limit)
        delivered += [row["Id"] for row in fresh]
        if position is not None:
            position = Position.from_json(json.loads(json.dumps(position.to_json())))  # as a token would carry it
        between()
    return delivered


_orders = st.sampled_from(
    [None, *(Order(field, flag) for field in ("ContentDate/Start", "PublicationDate") for flag in (0, 1))]
)
_stamps = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=60)
_limits = st.integers(2, 7)  # with one row on a page no name could be told from another


@settings(max_examples=300)
@given(_stamps, _orders, _limits, st.none() | st.integers(1, 4))
def test_every_id_exactly_once(stamps, order, limit, most):
    rows = [_row(number, *stamp) for number, stamp in enumerate(stamps)]
    delivered = _walk(rows, Query(orderby=order), limit, most=most)
    assert sorted(delivered) == [row["Id"] for row in rows]


@settings(max_examples=200)
@given(_stamps, _limits, st.none() | st.integers(1, 4), st.randoms(use_true_random=False))
def test_what_stays_is_delivered_though_others_come_and_go(stamps, limit, most, random):
    rows = [_row(number, *stamp) for number, stamp in enumerate(stamps)]
    staying = {row["Id"] for row in rows if random.random() < 0.7}
    numbers = iter(range(1000, 1050))

    def between():
        leaving = [row for row in rows if row["Id"] not in staying and row["Id"] < "001000"]
        if leaving:
            rows.remove(random.choice(leaving))
        number = next(numbers, None)
        if number is not None:
            rows.append(_row(number, random.randint(0, 9), random.randint(0, 9)))

    delivered = _walk(rows, Query(), limit, between, most=most)
    assert len(delivered) == len(set(delivered))
    assert staying <= set(delivered)


def test_newest_first_unless_ordered():
    rows = [_row(number, number, 0) for number in range(9)]
    assert _walk(rows, Query(), 4) == [f"{number:06d}" for number in reversed(range(9))]
    assert _walk(rows, Query(orderby=Order()), 4) == [f"{number:06d}" for number in range(9)]


def test_many_of_one_time_are_walked_by_the_other():
    rows = [_row(number, 7, number // 3) for number in range(1250)]
    assert len(set(_walk(rows, Query(), 100))) == 1250


def test_ties_of_both_times_are_walked_by_name():
    rows = [_row(number, 7, 7, f"S2A_{number % 7}_{number:05d}.SAFE") for number in range(1250)]
    assert len(set(_walk(rows, Query(), 100))) == 1250


def test_what_nothing_tells_apart_is_named():
    rows = [_row(number, 7, 7, "TWIN") for number in range(1500)]
    with pytest.raises(IncompleteResultError, match="called 'TWIN'"):
        _walk(rows, Query(), 1000)


@given(st.lists(st.text("AB_", max_size=5), min_size=2, max_size=30, unique=True), st.data())
def test_shares_of_names_are_disjoint_and_whole(names, data):
    shares = [EVERYTHING]
    for _ in range(4):
        share = data.draw(st.sampled_from(shares))
        mine = [name for name in names if _in(share, name)]
        if len(mine) < 2:
            continue
        shares.remove(share)
        some = data.draw(st.lists(st.sampled_from(mine), min_size=2, unique=True))
        shares += split(share, some)
    for name in [*names, "AB_AB_", "unheard of"]:
        assert sum(_in(share, name) for share in shares) == 1


def _in(share: Share, name: str) -> bool:
    return name.startswith(share.begins) and not name.startswith(share.but or ("\0",))


def test_products_published_later_are_not_part_of_a_walk():
    rows = [_row(number, number, number) for number in range(20)]
    position = Position(until=text(_EPOCH + timedelta(microseconds=9)))
    page = _answer(rows, page_query(Query(), position, 1000))
    assert len(page) == 10
    assert "PublicationDate" not in str(page_query(Query("Bursts"), position, 5).params())


def test_pages_are_described_for_messages():
    position = Position(edges=("2024-01-01T00:00:00.000000Z",))
    assert describe(Query(), position, skip=999, size=1000) == (
        "Products until ContentDate/Start 2024-01-01T00:00:00.000000Z, rows 1000 to 1999 from there"
    )


def test_a_condition_of_the_search_stays_in_force():
    wanted = Comparison("PublicationDate", "ge", _EPOCH + timedelta(microseconds=2))
    rows = [_row(number, number % 3, number % 4) for number in range(40)]
    assert len(_walk(rows, Query(filter=wanted), 3)) == 20


def test_a_row_without_the_time_it_is_sorted_by_is_an_error():
    row = {"Id": "1", "Name": "x", "ContentDate": None}
    with pytest.raises(CatalogueError, match="no ContentDate/Start"):
        read_page(Query(), Position(), [row], more=True)
