"""Batches hold everything once; the dispatcher hands everything out once, manifests last, in any order of events."""

from __future__ import annotations

import pickle
import threading
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import DiskFullError, TransferError
from phistac.remote.files.objects import ProductObject
from phistac.retrieval import lanes
from phistac.retrieval.batches import MOST_BYTES, MOST_OBJECTS, batches, seconds
from phistac.retrieval.dispatch import Dispatcher
from phistac.retrieval.model import Failure, Job, Record
from phistac.retrieval.report import ProductReport, Report

CUT = partial(batches, lanes=4, rate=20e6, latency_s=0.05)


def job(product, path, size):
    return Job(product, f"eodata/{product}", ProductObject(path, size))


def record(job):
    return Record(job.product, job.object.path, job.object.size, job.object.size, "md5", "", None, "size")


def jobs_of(sizes, product="P"):
    return [job(product, f"f{number}", size) for number, size in enumerate(sizes)]


@given(st.lists(st.integers(0, 3 * MOST_BYTES), max_size=500), st.integers(1, 8))
def test_every_job_is_in_one_batch_within_the_limits(sizes, lanes):
    jobs = jobs_of(sizes)
    cut = batches(jobs, lanes=lanes, rate=20e6, latency_s=0.05)
    assert sorted(j.object.path for b in cut for j in b.jobs) == sorted(j.object.path for j in jobs)
    assert all(len(b.jobs) <= MOST_OBJECTS and (b.size <= MOST_BYTES or len(b.jobs) == 1) for b in cut)
    largest = [b.jobs[0].object.size for b in cut]
    assert largest == sorted(largest, reverse=True)


def test_one_small_product_keeps_every_lane_busy():
    cut = CUT(jobs_of([1000] * 50))
    assert len(cut) >= 8
    costs = [seconds(b.jobs, rate=20e6, latency_s=0.05) for b in cut]
    assert max(costs) <= sum(costs) / 8


def test_lanes_end_together_though_small_files_take_longer_than_planned():
    bands = [14_000_000 + 1_000_000 * number for number in range(21)]
    ends = [0.0] * 4
    for batch in CUT(jobs_of([*bands, *[16_000] * 60])):
        first = ends.index(min(ends))
        ends[first] += seconds(batch.jobs, rate=20e6, latency_s=0.1)
    assert max(ends) - min(ends) <= 0.11  # one small file


def test_many_small_objects_share_batches():
    assert max(len(b.jobs) for b in CUT(jobs_of([10] * 10_000))) == MOST_OBJECTS


def test_jobs_travel_small_and_without_a_secret():
    batch = CUT(jobs_of([10] * 10_000))[0]
    assert pickle.loads(pickle.dumps(batch)) == batch
    assert len(pickle.dumps(batch)) < 200 * 120


@given(st.data())
def test_any_order_of_events_brings_everything_once_and_manifests_last(data):
    products = data.draw(
        st.dictionaries(st.sampled_from("ABC"), st.lists(st.integers(0, 10**8), max_size=6), min_size=1)
    )
    everything = [j for name, sizes in products.items() for j in jobs_of(sizes, name)]
    manifests = [job(name, "manifest.safe", 5) for name in products if data.draw(st.booleans()) or not products[name]]
    broken = {j for j in everything if data.draw(st.integers(0, 9)) == 9}
    dispatcher = Dispatcher([*everything, *manifests], CUT)
    flying, brought, whole = [], [], []
    while not dispatcher.finished:
        while len(flying) < 4 and (batch := dispatcher.next(wait=False)) is not None:
            flying.append(batch)
        batch = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
        if data.draw(st.integers(0, 5)) == 5:
            dispatcher.lost(batch)
            continue
        brought += batch.jobs
        whole += dispatcher.done(
            batch, [Failure(j.product, j.object.path, "x", "") if j in broken else record(j) for j in batch.jobs]
        )
    assert len(brought) == len(set(brought))
    bad = {j.product for j in broken}
    assert sorted(whole) == sorted(set(products) - bad)
    assert set(brought) == {*everything, *(m for m in manifests if m.product not in bad)}
    for manifest in manifests:
        mine = [j for j in brought if j.product == manifest.product]
        assert manifest not in mine or mine[-1] == manifest
    assert all(outcome.whole == (name not in bad) for name, outcome in dispatcher.outcomes.items())


def test_lanes_are_as_many_as_asked_for_and_end_together():
    dispatcher = Dispatcher([*jobs_of([MOST_BYTES] * 12), job("P", "manifest.safe", 1)], CUT)
    running, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(4, timeout=20)

    def work(batch):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if batch.size == MOST_BYTES:
            together.wait()
        with lock:
            running -= 1
        return [record(j) for j in batch.jobs]

    lanes.run(dispatcher, work, dispatcher.done, lanes=4)
    assert most == 4
    assert dispatcher.outcomes["P"].whole


def test_what_ends_one_lane_ends_them_all():
    dispatcher = Dispatcher(jobs_of([MOST_BYTES] * 100), CUT)
    worked = []

    def work(batch):
        worked.append(batch)
        raise DiskFullError("no room")

    with pytest.raises(DiskFullError, match="no room"):
        lanes.run(dispatcher, work, lambda *_: None, lanes=4)
    assert len(worked) <= 4
    assert dispatcher.stopped


REPORT = Report(
    "data",
    (
        ProductReport("A.SAFE", "done", 3, 3_000_000, 0),
        ProductReport("B.SAFE", "reused", 4, 0, 500),
        ProductReport(
            "<C>.SAFE",
            "failed",
            1,
            0,
            0,
            tuple(Failure("<C>.SAFE", f"f{n}", "checksum", "its md5 is 1, promised was 2") for n in range(5)),
        ),
    ),
    2.0,
)


def test_a_report_prints_tabulates_and_raises():
    assert repr(REPORT) == (
        "<Report: 3 products: 1 done, 1 reused, 1 failed; 8 objects verified, 3.00 MB moved in 2.0 s (1.50 MB/s)>"
    )
    assert str(REPORT).splitlines()[1].startswith("  <C>.SAFE: f0: its md5 is 1")
    assert str(REPORT).endswith("; and 2 more")
    assert [line.split()[0] for line in REPORT.table().splitlines()[1:]] == ["product", "A.SAFE", "B.SAFE", "<C>.SAFE"]
    assert REPORT.to_frame()["status"].tolist() == ["done", "reused", "failed"]
    assert "&lt;C&gt;" in REPORT._repr_html_()
    assert "<C>" not in REPORT._repr_html_()
    with pytest.raises(TransferError, match=r"1 of 3 products not whole: <C>\.SAFE"):
        REPORT.raise_for_failures()
