"""60,000 products in one search, 12,500 of them at one time, against the strict sandbox, 50 ms away."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from phistac.errors import IncompleteResultError
from phistac.odata.filters import Comparison
from phistac.odata.paging import Position
from phistac.odata.query import MAX_SKIP, Query
from phistac.odata.times import instant
from phistac.remote.catalogue.catalogue import Catalogue
from phistac.remote.web.http import Http
from phistac.remote.web.patience import Patience
from phistac.sandbox import Fault

_ALL = Query(filter=Comparison("Collection/Name", "eq", "SENTINEL-2"), expand=("Attributes", "Assets"))
_PRODUCTS = "/odata/v1/Products"


@pytest.fixture(autouse=True)
def _no_fault_is_left(many):
    yield
    many[0].clear_faults()
    many[0].reset_counters()


@pytest.fixture
def catalogue(many):
    impatient = Patience(attempts=4, base_s=0.1)
    with Http(many[0].settings, patience=impatient) as http, Catalogue(many[0].settings, http=http) as catalogue:
        yield catalogue


def _each_once(delivered, ids):
    found = list(delivered)
    assert len(found) == len(set(found))
    wrong = len(set(found) ^ set(ids))  # a number: nobody wants to read a comparison of 60,000
    assert not wrong


def _sorted(rows):
    return all(
        instant(a["ContentDate"]["Start"]) >= instant(b["ContentDate"]["Start"]) for a, b in itertools.pairwise(rows)
    )


def test_every_id_once_in_spite_of_faults(many, catalogue):
    """One page in twenty fails: an error, a refusal, a body that ends too early."""
    cdse, ids = many
    cdse.inject(
        Fault("status", status=500, path=_PRODUCTS, skip=5, every=60, times=100),
        Fault("status", status=429, retry_after_s=1, path=_PRODUCTS, skip=24, every=60, times=100),
        Fault("truncate", after_bytes=50_000, path=_PRODUCTS, skip=43, every=60, times=100),
    )
    walk = catalogue.walk(_ALL, verify=True)
    rows = list(walk)
    _each_once((row["Id"] for row in rows), ids)
    assert _sorted(rows)
    assert str(walk.report) == f"{len(ids)} records counted, {len(ids)} delivered"
    assert walk.position is None
    failed = cdse.counters(path=_PRODUCTS).by_status
    assert failed[500] >= 1
    assert failed[429] >= 1


def test_a_page_that_cannot_be_had_is_named(many, catalogue):
    many[0].inject(Fault("status", status=500, path=_PRODUCTS, query="$skip=2997", times=10_000))
    walk = catalogue.walk(_ALL)
    delivered = []
    with pytest.raises(IncompleteResultError) as caught:
        delivered.extend(row["Id"] for row in walk)
    assert len(delivered) == len(set(delivered)) > 3000
    message = str(caught.value)
    assert f"after {len(delivered)} records a page could not be had: Products until ContentDate/Start 20" in message
    assert "rows 2998 to 3997 from there" in message
    assert "answered 500" in message
    many[0].clear_faults()
    assert next(catalogue.rows(_ALL, position=walk.position))["Id"] not in delivered


def test_a_walk_goes_on_where_it_was_left(many, catalogue):
    """Left inside the tie of two times, its position carried as a token would be."""
    delivered, position = [], Position()
    for stop in (1, 1500, 27_750, 39_321):
        walk = catalogue.walk(_ALL, position=position)
        for row in walk:
            delivered.append(row["Id"])
            if len(delivered) == stop:
                break
        position = Position.from_json(json.loads(json.dumps(walk.position.to_json())))
        assert str(MAX_SKIP) not in json.dumps(position.to_json())
    delivered += [row["Id"] for row in catalogue.rows(_ALL, position=position)]
    _each_once(delivered, many[1])


def test_pages_of_an_interface_are_complete_too(many, catalogue):
    """Those that begin at one time, most of them published at one time too, 900 at a time, each page from a token."""
    tie = Comparison("ContentDate/Start", "eq", datetime(2024, 4, 30, tzinfo=UTC))
    wanted = {Id for Id, row in many[1].items() if row["ContentDate"]["Start"] == "2024-04-30T00:00:00.000000Z"}
    delivered, position = [], Position()
    while position is not None:
        page = catalogue.page(Query(filter=tie), position, size=900)
        assert len(page.rows) <= 900
        delivered += [row["Id"] for row in page.rows]
        position = page.next and Position.from_json(json.loads(json.dumps(page.next.to_json())))
    _each_once(delivered, wanted)
    assert len(wanted) >= 12_500


def test_a_few_requests_at_a_time(many, catalogue):
    top = 15_000
    rows = list(catalogue.rows(Query(filter=_ALL.filter, top=top), verify=True))
    assert len({row["Id"] for row in rows}) == top
    requests = many[0].counters(path=_PRODUCTS).requests
    assert requests <= 20  # 15 pages of a thousand, and little besides
    small = Query(filter=_ALL.filter, top=30)
    many[0].reset_counters()
    assert len(list(catalogue.rows(small))) == 30
    assert many[0].counters(path=_PRODUCTS).requests == 1


_STREAM = """
import resource, sys
from datetime import datetime, UTC
from phistac.odata.filters import Comparison
from phistac.odata.query import Query
from phistac.remote.catalogue.catalogue import Catalogue
query = Query(filter=Comparison("Collection/Name", "eq", "SENTINEL-2"), expand=("Attributes",), top=int(sys.argv[1]))
with Catalogue() as catalogue:
    count = sum(1 for _ in catalogue.rows(query))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _streamed(cdse, count):
    environ = {**os.environ, "PHISTAC_CATALOGUE_URL": cdse.settings.catalogue_url}
    command = [sys.executable, "-c", _STREAM, str(count)]
    done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    rows, peak = map(int, done.stdout.split())
    assert rows == count
    return peak


@pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process is asked for as POSIX has it")
def test_memory_does_not_grow_with_the_result(many):
    assert _streamed(many[0], len(many[1]) - 1) <= 1.2 * _streamed(many[0], 6000)


def test_products_by_name(many, catalogue):
    wanted = [row["Name"] for row in many[1].values()][:1234]
    found = list(catalogue.by_names([*wanted[:700], "S2A_UNHEARD_OF.SAFE", *wanted[700:], wanted[3]]))
    assert [row["Name"] for row in found] == wanted
    assert found[0]["Attributes"]
    many[0].inject(Fault("status", status=500, path=f"{_PRODUCTS}/OData.CSC.FilterList", skip=2, times=100))
    with pytest.raises(IncompleteResultError, match="could not be asked for by name"):
        list(catalogue.by_names(wanted))


def test_a_catalogue_that_moves(many, catalogue, rows_of):
    """100 published and 10 deleted on the way: what was there at the start comes once, and the difference is explained."""
    cdse, ids = many
    original, new = set(ids), []
    walk = catalogue.walk(_ALL, verify=True)
    delivered, gone, late = [], set(), set()
    by_number = list(ids)
    doomed = iter([by_number[n] for n in (3, 59_000, 20_001, 20_005, 25_000, 31_000, 31_900, 32_499, 7, 12_345)])
    for row in walk:
        delivered.append(row["Id"])
        if len(delivered) % 4500 == 0 and len(delivered) <= 45_000:
            at = datetime.now(UTC)
            some = [
                rows_of(COUNT + k, start=instant(ids[by_number[k * 599 % COUNT]]["ContentDate"]["Start"]), published=at)
                for k in range(len(new), len(new) + 10)
            ]
            cdse.publish(*some)
            new += some
            one = next(doomed)
            assert cdse.delete(one) == 1
            gone.add(one)
            if one not in delivered:
                late.add(one)
    assert len(new) == 100
    assert len(gone) == 10
    assert len(delivered) == len(set(delivered))
    fresh = {row["Id"] for row in new if row["PublicationDate"] > walk.report.until}
    assert not fresh & set(delivered)
    assert len(fresh) >= 50
    missing = original - set(delivered)
    assert missing <= late  # a page that was under way when its product was deleted may have it still
    early = {row["Id"] for row in new} - fresh
    assert set(delivered) - original <= early
    assert walk.report.removed == 10
    assert set(walk.report.names) == {ids[each]["Name"] for each in gone}
    assert walk.report.missing == len(original) - len(delivered)
    time.sleep(1.1)  # what was published in the second in which a walk begins is not part of it
    _each_once((row["Id"] for row in catalogue.rows(_ALL, verify=True)), (original | {row["Id"] for row in new}) - gone)
    for each in gone:
        del ids[each]
    ids.update({row["Id"]: row for row in new})


COUNT = 60_000
