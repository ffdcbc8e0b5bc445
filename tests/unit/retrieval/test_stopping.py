"""A job that ends early ends now: rests, reads that stall, threads that plan; and an outage ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from phistac.errors import ChangedObjectError, NotFoundError, RateLimitError, ServiceError, TransferError
from phistac.remote.files.objects import ProductObject
from phistac.retrieval import lanes, plan
from phistac.retrieval.batches import Batch, batches
from phistac.retrieval.dispatch import Dispatcher
from phistac.retrieval.download import download
from phistac.retrieval.model import Failure, Job
from phistac.retrieval.outage import MOST, Outage
from phistac.retrieval.threads import Threads
from phistac.retrieval.work import bring


def blocked(event):
    event.wait(60)
    return "late"


@pytest.fixture
def event():
    """Set at the end, so that no thread of a test outlives it."""
    event = threading.Event()
    yield event
    event.set()


def test_threads_return_results_and_errors():
    with Threads(2, "t", grace_s=5) as pool:
        assert list(pool.map(lambda n: n * n, range(20))) == [n * n for n in range(20)]
        with pytest.raises(ZeroDivisionError):
            pool.submit(lambda: 1 / 0).result()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("t_")]


def test_an_error_cancels_what_waits_and_does_not_wait_for_what_stalls(event):
    def interrupted():
        with Threads(1, "t", grace_s=0.2) as pool:
            futures.extend(pool.submit(blocked, event) for _ in range(3))
            while not futures[0].running():
                time.sleep(0.01)
            raise KeyboardInterrupt

    futures, start = [], time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - start < 5
    assert [future.cancelled() for future in futures] == [False, True, True]


TWICE = """
import threading, time
from phistac.retrieval.threads import Threads
with Threads(2, "t", grace_s=60) as pool:
    pool.submit(threading.Event().wait)
    print("begun", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print("once", flush=True)
        raise
"""


def test_a_second_interrupt_ends_the_process_at_once():
    process = subprocess.Popen([sys.executable, "-c", TWICE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        for said in (b"begun\n", b"once\n"):
            assert process.stdout.readline() == said
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert process.wait(20)
        assert time.monotonic() - start < 5


def test_what_ends_a_lane_does_not_wait_for_one_that_stalls(event, monkeypatch):
    monkeypatch.setattr(lanes, "_GRACE_S", 0.2)
    jobs = [Job("P", "eodata/P", ProductObject(f"f{n}", 10**8)) for n in range(9)]
    dispatcher = Dispatcher(jobs, partial(batches, lanes=4, rate=20e6, latency_s=0.05))
    called, together = [], threading.Barrier(4)
    dispatcher.at_stop(lambda: called.append(True))

    def work(batch):
        if not together.wait(20):
            raise KeyboardInterrupt
        return blocked(event)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        lanes.run(dispatcher, work, lambda *_: None, lanes=4)
    assert time.monotonic() - start < 10
    assert called


def test_an_error_while_planning_does_not_wait_for_a_request_that_stalls(bucket, tmp_path, event, monkeypatch):
    def find(base, *, detail):
        if base.endswith("A.SAFE"):
            raise KeyboardInterrupt
        return blocked(event)

    monkeypatch.setattr(bucket, "find", find, raising=False)
    monkeypatch.setattr(plan, "_GRACE_S", 0.2)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        download(["/eodata/S1/A.SAFE", "/eodata/S1/B.SAFE"], tmp_path, progress=False)
    assert time.monotonic() - start < 5


def failure(error):
    return Failure("P", "f", error.kind, str(error))


@pytest.mark.parametrize("error", [ServiceError("no route"), RateLimitError("slow down")])
def test_many_failures_of_the_service_in_a_row_are_an_outage(error):
    outage = Outage()
    for _ in range(MOST - 1):
        outage.note(failure(error))
    with pytest.raises(TransferError, match=f"{MOST} objects in a row.*{error.message}.*what has arrived stays"):
        outage.note(failure(error))


@pytest.mark.parametrize("between", [None, NotFoundError("no"), ChangedObjectError("another")])
def test_whatever_the_service_answers_between_is_no_outage(between):
    outage = Outage()
    for _ in range(5):
        for _ in range(MOST - 1):
            outage.note(failure(ServiceError("no route")))
        outage.note(failure(between) if between else None)


def test_an_outage_ends_a_batch_and_keeps_what_has_arrived(archive, link, tmp_path):
    archive.objects |= {f"eodata/S1/P.SAFE/{n}": bytes(10) for n in range(30)}
    archive.faults = {0: lambda data: data[:4]} | {n: ServiceError("no route") for n in range(1, 100)}
    with pytest.raises(TransferError, match="in a row"):
        bring(Batch(tuple(archive.job(str(n)) for n in range(30))), tmp_path, link)
    assert len(archive.requests) == MOST + 1
    assert [path.stat().st_size for path in tmp_path.rglob("*.part")] == [4]


def test_an_outage_ends_a_download_and_a_plan(bucket, tmp_path):
    bucket.add("eodata/S1/A.SAFE", **{f"f{n}": bytes([n]) * 10 for n in range(40)})
    bucket.faults = {n: ServiceError("no route") for n in range(2, 200)}
    with pytest.raises(TransferError, match="in a row"):
        download("/eodata/S1/A.SAFE", tmp_path, progress=False)
    assert len(bucket.requests) < 30
    assert not (tmp_path / "A.SAFE" / "manifest.safe").exists()

    def find(base, *, detail):
        asked.append(base)
        time.sleep(0.05)
        raise ServiceError("no route")

    asked = []
    bucket.find = find
    with pytest.raises(TransferError, match="in a row"):
        plan.plan([f"/eodata/S1/{n}.SAFE" for n in range(100)], tmp_path / "other")
    assert len(asked) < 30
