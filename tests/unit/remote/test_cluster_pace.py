"""Requests per minute over all machines of a cluster: no minute holds more, wherever it starts."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.errors import ServiceError
from phistac.remote.budget import clusterpace
from phistac.remote.budget.clusterpace import ClusterPace
from phistac.remote.budget.leases import Lease, Leases
from phistac.remote.budget.pace import Pace
from phistac.remote.web.patience import Clock


class Scheduler:
    """Leases of a cluster on a clock that moves when somebody waits."""

    def __init__(self, count):
        self.count, self.now, self.out = count, 100.0, []

    def take(self, owner, timeout_s):
        self.out = [until for until in self.out if until > self.now]
        if len(self.out) < self.count:
            return self
        self.now = min(self.now + timeout_s, *self.out)
        return None

    def rest(self, until, lease):
        self.out.append(until)


def _machines(monkeypatch, scheduler, many, per_minute):
    """Return the paces of machines that have nothing in common but the scheduler."""
    monkeypatch.setattr(clusterpace, "shared_scheduler", lambda: scheduler)
    clock = Clock(monotonic=lambda: scheduler.now)
    paces = [ClusterPace(Pace(per_minute, clock=clock), "me", per_minute, clock=clock) for _ in range(many)]
    for pace in paces:
        assert pace._leases._count == scheduler.count
        pace._leases, pace._rest = scheduler, scheduler.rest
    return paces


@given(data=st.data(), per_minute=st.integers(1, 60), many=st.integers(1, 4))
def test_no_minute_holds_more_than_the_account_may_send(data, per_minute, many):
    with pytest.MonkeyPatch.context() as monkeypatch:
        scheduler = Scheduler(max(1, per_minute // 10))
        paces = _machines(monkeypatch, scheduler, many, per_minute)
        sent = []
        for _ in range(3 * per_minute + 5):
            scheduler.now += data.draw(st.sampled_from([0.0, 0.0, 0.05, 3.0, 61.0]))
            wait_s = data.draw(st.sampled_from(paces)).reserve()  # moves the clock
            sent.append(scheduler.now + wait_s)
        sent.sort()
        assert all(sum(at <= other < at + 60 for other in sent) <= max(per_minute, 10) for at in sent)


def test_the_whole_allowance_can_be_spent(monkeypatch):
    scheduler = Scheduler(200)
    paces = _machines(monkeypatch, scheduler, 2, 2000)
    for turn in range(4000):
        paces[turn % 2].reserve()
    assert 4000 / (scheduler.now - 100) > 0.95 * 2000 / 60


def test_without_a_cluster_it_is_the_machines(monkeypatch):
    monkeypatch.setattr(clusterpace, "shared_scheduler", lambda: None)
    clock = Clock(monotonic=lambda: 100.0)
    pace, alone = ClusterPace(Pace(20, clock=clock), "me", 20, clock=clock), Pace(20, clock=clock)
    assert not pace.blocking
    assert [pace.reserve() for _ in range(5)] == [alone.reserve() for _ in range(5)]


def test_a_lease_rests_before_it_goes_back(monkeypatch):
    slept, returned = [], threading.Event()
    monkeypatch.setattr(clusterpace, "shared_scheduler", SimpleNamespace)
    clock = Clock(monotonic=lambda: 100.0, sleep=slept.append)
    pace = ClusterPace(Pace(2000, clock=clock), "me", 2000, clock=clock)
    executor = SimpleNamespace(submit=lambda release: release())
    pace._leases = SimpleNamespace(take=lambda owner, timeout_s: Lease(returned.set, executor))
    assert pace.reserve() == 0
    assert returned.wait(10)
    assert slept == [pytest.approx(6.1)]


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    def gone(timeout):
        raise OSError("connection lost")

    leases = Leases("name", 1)
    owner = SimpleNamespace(scheduler=SimpleNamespace(address="tcp://10.0.0.5:8786"))
    monkeypatch.setattr(leases, "_semaphore", lambda owner: SimpleNamespace(acquire=gone))
    with pytest.raises(ServiceError, match=r"10\.0\.0\.5:8786 does not answer"):
        leases.take(owner, 1.0)
