"""The bookkeeping of slots, under any order of events."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from phistac.remote.budget.slotpool import NoSlotError, SlotPool


class Slot:
    def __init__(self, out, number=0):
        self.number = number
        self._out = out
        out.add(self)

    def release(self):
        self._out.remove(self)  # a second release would raise


class Anything(RuleBasedStateMachine):
    """Requests come and go, sockets open and close, slots are taken; never is one too many in use."""

    def __init__(self):
        super().__init__()
        self.out = set()
        self.pool = SlotPool(lambda: None)
        self.requests = self.sockets = self.closing = 0

    @rule(allowed=st.integers(1, 4))
    def enter(self, allowed):
        self.requests += self.pool.enter(allowed)

    @precondition(lambda self: len(self.out) < 4)
    @rule()
    def take_and_enter(self):
        self.requests += self.pool.enter(4, Slot(self.out))

    @precondition(lambda self: self.requests)
    @rule(retire=st.booleans())
    def leave(self, retire):
        self.pool.leave(moved=10, retire=retire)
        self.requests -= 1

    @rule()
    def open_socket(self):
        try:
            self.pool.open_socket()
        except NoSlotError:
            return
        self.sockets += 1

    @precondition(lambda self: self.sockets > self.closing)
    @rule()
    def closing_socket(self):
        self.pool.closing_socket()
        self.closing += 1

    @precondition(lambda self: self.closing)
    @rule()
    def close_socket(self):
        self.pool.close_socket()
        self.closing -= 1
        self.sockets -= 1

    @rule()
    def yield_resting(self):
        self.pool.yield_resting()

    @invariant()
    def never_more_than_slots(self):
        assert self.sockets <= len(self.out)
        assert self.requests <= len(self.out)
        assert self.pool.slots == len(self.out)
        assert self.pool.sockets == self.sockets

    @invariant()
    def nothing_is_hoarded(self):
        assert len(self.out) <= self.sockets + self.requests

    def teardown(self):
        while self.requests:
            self.leave(retire=False)
        assert self.pool.surplus <= self.sockets - self.closing
        while self.sockets > self.closing:
            self.closing_socket()
        assert self.pool.surplus == 0
        while self.sockets:
            self.close_socket()
        assert not self.out


TestAnything = Anything.TestCase
TestAnything.settings = settings(deadline=None, max_examples=200, stateful_step_count=40)


def test_a_request_reuses_the_slot_of_an_idle_socket():
    out = set()
    pool = SlotPool(lambda: None)
    assert not pool.enter(4)
    assert pool.enter(4, Slot(out))
    pool.open_socket()
    pool.leave(moved=5, retire=False)
    assert len(out) == 1  # the idle socket keeps it
    assert pool.enter(4)
    with pytest.raises(NoSlotError):
        pool.open_socket()
    pool.leave(moved=5, retire=True)
    assert len(out) == 1  # until it is closed
    assert not pool.enter(4)  # but nothing is let in any more
    assert pool.surplus == 1
    pool.closing_socket()
    assert pool.surplus == 0
    assert out  # for a moment still
    pool.close_socket()
    assert not out
    counters = pool.counters
    assert (counters.requests, counters.bytes, counters.peak_sockets, counters.peak_requests) == (2, 10, 1, 1)


def test_the_slots_that_may_be_forbidden_first_go_first():
    out = set()
    pool = SlotPool(lambda: None)
    for number in (2, 0, 1):
        pool.enter(4, Slot(out, number))
    assert pool.beyond(2)
    pool.leave(moved=0, retire=True)
    assert sorted(slot.number for slot in out) == [0, 1]
    assert not pool.beyond(2)


def test_a_request_without_room_asks_for_some():
    pool = SlotPool(lambda: None)
    pool.enter(4, Slot(set()))
    pool.open_socket()
    with pool.cramped():
        assert pool.surplus == 1
    assert pool.surplus == 0
