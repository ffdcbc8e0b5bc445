"""Walks over a catalogue in memory: pages ahead, joints that do not fit, limits, and who leaves early."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from phistac.errors import CatalogueError, IncompleteResultError, ServiceError
from phistac.odata.filters import All, Comparison
from phistac.odata.query import MAX_SKIP, MAX_TOP, Query
from phistac.odata.times import instant, text
from phistac.remote.catalogue.answers import Answer
from phistac.remote.catalogue.filterlist import rows_by_name
from phistac.remote.catalogue.walk import Walk

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_NOW = "2024-09-01T00:00:00.000000Z"


class _Memory:
    """Answers from a list of rows, as the catalogue does; newest first."""

    def __init__(self, count, width=3):
        self.width = width
        self.rows = [_row(number) for number in range(count)]
        self.queries, self.lock = [], threading.Lock()
        self.removed = []
        self.before = lambda query: None

    def get(self, query):
        with self.lock:
            self.queries.append(query)
            self.before(query)
            if query.entity == "DeletedProducts":
                return Answer(self.removed, more=False, count=None, at=_NOW)
            found = [row for row in self.rows if _matches(query.filter, row)]
            page = found[query.skip : query.skip + query.top]
        return Answer(page, len(page) >= query.top, len(found) if query.count else None, _NOW)

    def post_names(self, names, query):
        self.queries.append(query)
        found = [row for row in self.rows if row["Name"] in names][: query.top]
        return Answer(found, len(found) >= query.top, None, _NOW)

    def remove(self, number):
        row = next(row for row in self.rows if row["Id"] == number)
        self.rows.remove(row)
        self.removed.append(row | {"DeletionDate": _NOW})


def _row(number, name=""):
    at = text(_EPOCH - timedelta(seconds=number // 3))
    return {"Id": number, "Name": name or f"S{number:06d}", "ContentDate": {"Start": at}, "PublicationDate": at}


def _matches(expression, row):
    if expression is None:
        return True
    if isinstance(expression, All):
        return all(_matches(each, row) for each in expression.operands)
    assert isinstance(expression, Comparison)
    value = row["PublicationDate"] if expression.field == "PublicationDate" else row["ContentDate"]["Start"]
    return {"lt": datetime.__lt__, "le": datetime.__le__}[expression.operator](instant(value), expression.value)


def _ids(walk):
    return [row["Id"] for row in walk]


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 3999, 4000, 13_000])
def test_every_row_once_in_order(count):
    memory = _Memory(count)
    walk = Walk(memory, Query(), verify=True)
    assert _ids(walk) == list(range(count))
    assert walk.report.delivered == walk.report.counted == count
    assert walk.position is None
    assert max(query.skip for query in memory.queries) <= MAX_SKIP


def test_a_small_result_is_one_request_and_a_large_one_little_more_than_its_pages():
    memory = _Memory(999)
    list(Walk(memory, Query()))
    assert len(memory.queries) == 1
    memory = _Memory(13_000)
    list(Walk(memory, Query()))
    assert len(memory.queries) <= 14 + 2 * memory.width


def test_pages_that_do_not_join_are_asked_for_again():
    """Rows vanish before the walk has come to them: what ``$skip`` would pass over is delivered all the same."""
    memory = _Memory(9000)
    gone = iter([(), (), (1100, 1101, 1102), (), (1200,), (1201, 1202, 1203, 1204, 5500, 8000), (1205,)])

    def before(query):
        if query.skip:
            for number in next(gone, ()):
                memory.remove(number)

    memory.before = before
    walk = Walk(memory, Query(), verify=True)
    found = _ids(walk)
    assert found == sorted(set(found))
    assert set(range(9000)) - set(found) <= {5500, 8000}
    assert walk.report.removed == len(memory.removed) == 11


def test_rows_that_nothing_explains_are_an_error():
    memory = _Memory(2500)
    memory.before = lambda query: memory.rows.pop() if len(memory.queries) == 4 else None
    with pytest.raises(IncompleteResultError, match="counted 2500 records of Products and delivered 2499; 0 were del"):
        list(Walk(memory, Query(), verify=True))


def test_top_limits_the_whole():
    for top in (1, 1000, 1001, 2500):
        memory = _Memory(9000)
        assert _ids(Walk(memory, Query(top=top), verify=True)) == list(range(top))


def test_a_page_that_fails_is_named_and_the_walk_can_go_on():
    memory = _Memory(6000)

    def before(query):
        if query.skip == 2 * (MAX_TOP - 1):
            raise ServiceError("answered 500")

    memory.before = before
    walk, found = Walk(memory, Query()), []
    with pytest.raises(
        IncompleteResultError, match=r"after 2998 records .* rows 1999 to 2998 from there .answered 500"
    ):
        found.extend(row["Id"] for row in walk)
    memory.before = lambda query: None
    assert found + _ids(Walk(memory, Query(), position=walk.position)) == list(range(6000))


def test_a_first_page_that_fails_says_why_itself():
    memory = _Memory(5)

    def before(query):
        raise CatalogueError("no such field")

    memory.before = before
    with pytest.raises(CatalogueError, match="no such field") as caught:
        list(Walk(memory, Query()))
    assert not isinstance(caught.value, IncompleteResultError)


def test_who_leaves_early_leaves_no_thread_and_may_come_back():
    memory = _Memory(9000)
    walk = Walk(memory, Query())
    rows = iter(walk)
    first = [next(rows)["Id"] for _ in range(1234)]
    rows.close()
    for thread in [each for each in threading.enumerate() if each.name.startswith("phistac-search")]:
        thread.join(5)
        assert not thread.is_alive()
    assert first + _ids(Walk(memory, Query(), position=walk.position)) == list(range(9000))


def test_names_in_their_order_and_in_halves_where_they_are_many():
    memory = _Memory(0)
    memory.rows = [_row(number, f"S{number % 50}") for number in range(1500)]
    names = [f"S{number}" for number in range(49, -1, -1)]
    found = list(rows_by_name(memory, names, expand=()))
    assert len({row["Id"] for row in found}) == len(found) == 1500
    assert [row["Name"] for row in found] == sorted((row["Name"] for row in found), key=names.index)
    memory.rows = [_row(number, "S0") for number in range(1500)]
    with pytest.raises(IncompleteResultError, match="more than 1000 products are called 'S0'"):
        list(rows_by_name(memory, ["S0"], expand=()))
