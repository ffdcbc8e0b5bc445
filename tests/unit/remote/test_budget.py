"""The budget: who is let in, who waits, and that everyone gets a turn."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import sys
import threading
import time
import types

import pytest

from phistac.remote.budget.budget import ConnectionBudget
from phistac.remote.budget.budgets import budget_for
from phistac.remote.budget.clusterslots import ClusterSlots
from phistac.remote.budget.leases import shared_scheduler
from phistac.remote.budget.pace import Pace
from phistac.remote.budget.throttle import Throttle
from phistac.remote.web.patience import Clock
from phistac.settings import Settings


class FakeSlots:
    """A number of slots; ``wanted`` says that somebody else waits, ``starving`` that he has none."""

    def __init__(self, count, *, blocking=False):
        self.blocking = blocking
        self.left = set(range(count))
        self.wanted = self.starving = False
        self.threads = set()
        self._lock = threading.Lock()

    def try_take(self, most):
        self.threads.add(threading.current_thread())
        with self._lock:
            number = min(self.left, default=most)
            if number >= most:
                return None
            self.left.remove(number)
        return FakeSlot(self, number)

    def free(self, most):
        return sum(number < most for number in self.left)

    def contended(self):
        return self.wanted or self.starving

    def starved(self):
        return self.starving

    def waiting(self, *, starved):
        return contextlib.nullcontext()


class FakeSlot:
    def __init__(self, slots, number):
        self.number = number
        self._slots = slots

    def release(self):
        self._slots.left.add(self.number)


def make(slots, connections=4, per_minute=10**6, clock=None):
    clock = clock or Clock()
    return ConnectionBudget(slots, Pace(per_minute), Throttle(connections, clock=clock), clock=clock)


async def use(budget, log, rest_s=0.0):
    """One request with a socket of its own, as without keep-alive."""
    permit = await budget.enter()
    budget.pool.open_socket()
    log.append(budget.pool.sockets)
    await asyncio.sleep(rest_s)
    permit.end(100)
    permit.end(100)  # harmless
    budget.pool.closing_socket()
    budget.pool.close_socket()


def test_never_more_than_the_slots_and_everyone_gets_in():
    slots, log = FakeSlots(3), []

    async def main():
        budget = make(slots)
        await asyncio.gather(*(use(budget, log, 0.001) for _ in range(50)))
        return budget.counters

    counters = asyncio.run(main())
    assert (counters.requests, counters.bytes) == (50, 5000)
    assert max(log) == counters.peak_sockets == counters.peak_requests == 3
    assert counters.waits > 40
    assert len(slots.left) == 3


def test_requests_are_let_in_in_the_order_of_their_coming():
    order = []

    async def one(budget, number):
        permit = await budget.enter()
        order.append(number)
        await asyncio.sleep(0)
        permit.end()

    async def main():
        budget = make(FakeSlots(1))
        await asyncio.gather(*(one(budget, number) for number in range(20)))

    asyncio.run(main())
    assert order == list(range(20))


def test_one_who_gives_up_waiting_holds_nobody_back():
    slots = FakeSlots(1)

    async def main():
        budget = make(slots)
        first = await budget.enter()
        impatient = asyncio.ensure_future(budget.enter())
        patient = asyncio.ensure_future(budget.enter())
        await asyncio.sleep(0.02)
        impatient.cancel()
        first.end()
        (await asyncio.wait_for(patient, 5)).end()

    asyncio.run(main())
    assert len(slots.left) == 1


def test_a_slot_freed_elsewhere_is_found():
    slots = FakeSlots(1)
    elsewhere = slots.try_take(1)

    async def main():
        budget = make(slots)
        waiting = asyncio.ensure_future(budget.enter())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        elsewhere.release()
        (await asyncio.wait_for(waiting, 5)).end()

    asyncio.run(main())


async def hold(budget, count):
    """Keep so many slots by sockets that carry no request, as with keep-alive."""
    permits = [await budget.enter() for _ in range(count)]
    for _ in permits:
        budget.pool.open_socket()
    for permit in permits:
        permit.end()
    assert budget.pool.held == count


async def one_more(budget, moved=0):
    (await budget.enter()).end(moved)
    return budget.pool.surplus


def test_a_slot_goes_back_after_a_batch_if_others_wait():
    slots = FakeSlots(4)

    async def main():
        budget = make(slots)
        await hold(budget, 1)
        served = 1
        while not await one_more(budget):
            served += 1
            slots.wanted = served >= 250
        assert (served, budget.pool.held) == (250, 0)
        budget = make(slots)
        await hold(budget, 1)
        assert not await one_more(budget, 127 * 1024 * 1024)
        assert await one_more(budget, 1024 * 1024)

    asyncio.run(main())


def test_who_has_several_gives_to_who_has_none_and_takes_no_more():
    slots, now = FakeSlots(4), [0.0]

    async def main():
        budget = make(slots, clock=Clock(monotonic=lambda: now[0]))
        await hold(budget, 3)
        slots.starving = True
        assert await one_more(budget) == 1
        assert await one_more(budget) == 1  # it has just given one
        now[0] += 1
        assert await one_more(budget) == 2
        now[0] += 1
        assert await one_more(budget) == 2  # the last one stays for its batch
        assert budget.manners.may_take() is False
        slots.starving = False
        assert budget.manners.may_take() is True

    asyncio.run(main())


def test_a_connection_rests_in_peace_unless_others_wait():
    slots = FakeSlots(4)

    async def main():
        budget = make(slots)
        await hold(budget, 2)
        assert budget.manners.rest_s(0.05) == float("inf")
        slots.wanted = True
        assert budget.manners.rest_s(0.05) == 0.05
        budget.yield_one()
        assert (budget.pool.held, budget.pool.surplus) == (1, 1)
        assert not budget.manners.may_take()  # not what was given just now

    asyncio.run(main())


def test_what_is_free_is_what_a_plan_can_count_on():
    slots = FakeSlots(4)

    async def main():
        budget = make(slots)
        seen = [budget.free]
        permits = [await budget.enter() for _ in range(2)]
        seen.append(budget.free)
        other = slots.try_take(4)
        seen.append(budget.free)
        budget.pool.open_socket()
        permits.pop().end()
        budget.refused()
        seen.append(budget.free)
        other.release()
        with budget.lease():
            pass
        seen.append(budget.free)
        permits.pop().end()
        return seen

    assert asyncio.run(main()) == [4, 2, 1, 1, 2]


def test_refusals_shrink_the_budget():
    slots, log = FakeSlots(4), []

    async def main():
        budget = make(slots)
        budget.refused()
        await asyncio.gather(*(use(budget, log, 0.001) for _ in range(20)))
        return budget.counters.refused

    assert asyncio.run(main()) == 1
    assert max(log) == 3


def test_a_lease_is_one_of_the_connections():
    slots, log = FakeSlots(2), []

    async def main(budget):
        await asyncio.gather(*(use(budget, log, 0.001) for _ in range(10)))

    budget = make(slots, connections=2)
    with budget.lease():
        assert len(slots.left) == 1
        asyncio.run(main(budget))
    assert max(log) == 1
    assert len(slots.left) == 2
    assert budget.counters.requests == 11
    assert budget.counters.peak_requests == 2


def test_threads_wait_for_leases():
    slots = FakeSlots(2)
    budget = make(slots, connections=2)
    inside, peak, lock = [], [], threading.Lock()

    def work():
        with budget.lease():
            with lock:
                inside.append(1)
                peak.append(len(inside))
            time.sleep(0.002)
            with lock:
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(peak) == 8
    assert max(peak) <= 2
    assert len(slots.left) == 2


def test_an_error_inside_a_lease_gives_it_back():
    slots = FakeSlots(1)
    with pytest.raises(ZeroDivisionError), make(slots).lease():
        raise ZeroDivisionError
    assert len(slots.left) == 1


def test_a_slow_source_of_slots_is_asked_in_a_thread():
    slots = FakeSlots(2, blocking=True)
    log = []

    async def main():
        budget = make(slots)
        await asyncio.gather(*(use(budget, log) for _ in range(6)))
        return threading.current_thread()

    loop_thread = asyncio.run(main())
    assert loop_thread not in slots.threads
    assert len(slots.left) == 2


def test_the_pace_delays_requests():
    rests = []

    async def main():
        budget = make(FakeSlots(4), per_minute=20)
        for _ in range(3):
            (await budget.enter()).end()

    async def sleep(seconds, real=asyncio.sleep):
        rests.append(seconds)
        await real(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        asyncio.run(main())
    assert [round(s, 1) for s in rests if s > 1] == [3.3]


def test_one_budget_for_an_account_and_none_in_a_pickle():
    settings = Settings(account="me")
    assert budget_for(settings) is budget_for(Settings(account="me"))
    assert budget_for(settings) is not budget_for(Settings(account="you"))
    with pytest.raises(TypeError, match="belongs to its process"):
        pickle.dumps(budget_for(settings))


def test_without_a_cluster_the_slots_of_the_machine_do():
    machine = FakeSlots(1)
    slots = ClusterSlots(machine, "name", 1)
    assert not slots.blocking
    assert slots.free(1) == 1
    assert slots.try_take(1).number == 0
    assert slots.try_take(1) is None


def test_a_cluster_library_that_is_being_imported_has_no_cluster_yet(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", types.ModuleType("distributed"))
    assert shared_scheduler() is None
