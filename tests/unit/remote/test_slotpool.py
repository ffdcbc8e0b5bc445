"""The bookkeeping of slots, under any order of events."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from phistac.remote.slotpool import NoSlotError, SlotPool


class Slot:
    def __init__(self, out):
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
        self.requests = self.sockets = 0

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

    @precondition(lambda self: self.sockets)
    @rule()
    def close_socket(self):
        self.pool.close_socket()
        self.sockets -= 1

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
    pool.close_socket()
    assert not out
    counters = pool.counters
    assert (counters.requests, counters.bytes, counters.peak_sockets, counters.peak_requests) == (2, 10, 1, 1)
