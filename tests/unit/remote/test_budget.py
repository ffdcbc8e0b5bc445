"""The budget: who is let in, who waits, and that everyone gets a turn."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import threading
import time

import pytest

from phistac.remote.budget import ConnectionBudget
from phistac.remote.budgets import budget_for
from phistac.remote.clusterslots import ClusterSlots
from phistac.remote.pace import Pace
from phistac.remote.patience import Clock
from phistac.settings import Settings


class FakeSlots:
    """A number of slots; ``wanted`` says that somebody else waits."""

    def __init__(self, count, *, blocking=False):
        self.blocking = blocking
        self.free = count
        self.wanted = False
        self.threads = set()
        self._lock = threading.Lock()

    def try_take(self):
        self.threads.add(threading.current_thread())
        with self._lock:
            if not self.free:
                return None
            self.free -= 1
        return self

    def release(self):
        with self._lock:
            self.free += 1

    def contended(self):
        return self.wanted

    def waiting(self):
        return contextlib.nullcontext()


def make(slots, connections=4, per_minute=10**6, clock=None):
    return ConnectionBudget(slots, Pace(per_minute), connections=connections, clock=clock or Clock())


async def use(budget, log, rest_s=0.0):
    """One request with a socket of its own, as without keep-alive."""
    permit = await budget.enter()
    budget.pool.open_socket()
    log.append(budget.pool.sockets)
    await asyncio.sleep(rest_s)
    permit.end(100)
    permit.end(100)  # harmless
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
    assert slots.free == 3


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
    assert slots.free == 1


def test_a_slot_freed_elsewhere_is_found():
    slots = FakeSlots(1)
    slots.try_take()

    async def main():
        budget = make(slots)
        waiting = asyncio.ensure_future(budget.enter())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        slots.release()
        (await asyncio.wait_for(waiting, 5)).end()

    asyncio.run(main())


def test_a_batch_is_the_last_of_its_connection_only_if_others_wait():
    slots = FakeSlots(4)

    async def main():
        budget = make(slots)
        budget.pool  # noqa: B018 - no socket is opened here: the permits alone
        lasts = []
        for number in range(450):
            slots.wanted = number >= 300
            permit = await budget.enter()
            lasts.append(permit.last)
            permit.end()
        big = await budget.enter()
        big.end(128 * 1024 * 1024)
        after = await budget.enter()
        after.end()
        return lasts, after.last

    lasts, after = asyncio.run(main())
    assert [i for i, last in enumerate(lasts) if last] == [300]
    assert after


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
        assert slots.free == 1
        asyncio.run(main(budget))
    assert max(log) == 1
    assert slots.free == 2
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
    assert slots.free == 2


def test_an_error_inside_a_lease_gives_it_back():
    slots = FakeSlots(1)
    with pytest.raises(ZeroDivisionError), make(slots).lease():
        raise ZeroDivisionError
    assert slots.free == 1


def test_a_slow_source_of_slots_is_asked_in_a_thread():
    slots = FakeSlots(2, blocking=True)
    log = []

    async def main():
        budget = make(slots)
        await asyncio.gather(*(use(budget, log) for _ in range(6)))
        return threading.current_thread()

    loop_thread = asyncio.run(main())
    assert loop_thread not in slots.threads
    assert slots.free == 2


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
    assert slots.try_take() is machine
    assert slots.try_take() is None
