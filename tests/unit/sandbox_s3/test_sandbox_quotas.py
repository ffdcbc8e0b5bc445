"""The gate and the pace, with a clock that stands still unless told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phistac.sandbox.pace import Pace
from phistac.sandbox.quotas import Gate, Lease, Refusal


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def gate(clock, *, connections=4, count="both", per_minute=0):
    return Gate(connections=connections, count=count, requests_per_minute=per_minute, clock=clock)


def test_fifth_socket_is_refused_even_with_nothing_in_flight(clock):
    g = gate(clock, count="sockets")
    for socket in "abcd":
        g.finished(g.admit("me", socket))
    assert g.admit("me", "e") == Refusal("connections", 4, 1.0)
    assert isinstance(g.admit("me", "a"), Lease)  # a socket that it has may go on


def test_sockets_mode_lets_any_number_of_requests_on_four_sockets(clock):
    g = gate(clock, count="sockets")
    assert all(isinstance(g.admit("me", s), Lease) for s in "abcdabcd")
    assert g.usage()["me"].in_flight == 8


def test_fifth_request_is_refused_and_sockets_do_not_matter_in_requests_mode(clock):
    g = gate(clock, count="requests")
    leases = [g.admit("me", s) for s in "abcd"]
    assert isinstance(g.admit("me", "e"), Refusal)
    g.finished(leases[0])
    assert isinstance(g.admit("me", "e"), Lease)
    assert g.usage()["me"].open_sockets == 5


def test_both_is_the_stricter_of_the_two(clock):
    g = gate(clock, count="both")
    leases = [g.admit("me", "a") for _ in range(4)]
    assert isinstance(g.admit("me", "b"), Refusal)  # fifth request, second socket
    for lease in leases:
        g.finished(lease)
    for socket in "bcd":
        g.finished(g.admit("me", socket))
    assert isinstance(g.admit("me", "e"), Refusal)  # first request, fifth socket


def test_closing_a_socket_frees_it_and_what_was_in_flight_on_it(clock):
    g = gate(clock)
    leases = {s: g.admit("me", s) for s in "abcd"}
    g.closed("a")
    assert isinstance(g.admit("me", "e"), Lease)
    g.finished(leases["a"])  # its own end comes later, and frees nothing twice
    assert g.usage()["me"].in_flight == 4
    assert isinstance(g.admit("me", "f"), Refusal)


def test_a_refused_socket_is_not_held_against_the_account(clock):
    g = gate(clock)
    leases = [g.admit("me", s) for s in "abcd"]
    assert isinstance(g.admit("me", "e"), Refusal)
    g.closed("d")
    g.finished(leases[3])
    assert isinstance(g.admit("me", "e"), Lease)
    assert g.usage()["me"].peak_sockets == 4


def test_accounts_do_not_share_a_quota_and_a_socket_can_change_hands(clock):
    g = gate(clock, connections=1)
    g.finished(g.admit("me", "a"))
    assert isinstance(g.admit("you", "b"), Lease)
    assert isinstance(g.admit("me", "c"), Refusal)
    g.closed("b")
    g.finished(g.admit("you", "a"))
    assert (g.usage()["me"].open_sockets, g.usage()["you"].open_sockets) == (0, 1)


def test_requests_per_minute_slide(clock):
    g = gate(clock, connections=0, per_minute=3)
    for _ in range(3):
        g.finished(g.admit("me", "a"))
        clock.now += 10
    assert g.admit("me", "a") == Refusal("requests per minute", 3, 30.0)
    assert isinstance(g.admit("me", "a", per_minute=False), Lease)
    clock.now += 30
    assert isinstance(g.admit("me", "a"), Lease)
    assert isinstance(g.admit("me", "a"), Refusal)


def test_zero_switches_a_quota_off(clock):
    g = gate(clock, connections=0)
    assert all(isinstance(g.admit("me", n), Lease) for n in range(100))


def test_peaks_begin_anew_at_what_is_held(clock):
    g = gate(clock, connections=0)
    leases = [g.admit("me", n) for n in range(5)]
    for lease in leases[:4]:
        g.finished(lease)
    g.closed(0)
    g.reset_peaks()
    assert g.usage()["me"] == g.total()
    assert (g.total().peak_sockets, g.total().peak_in_flight) == (4, 1)


def test_busy_seconds_are_those_of_every_request_in_flight(clock):
    g = gate(clock)
    first, second = g.admit("me", "a"), g.admit("me", "b")
    clock.now += 2
    g.finished(first)
    g.finished(first)  # harmless
    assert g.total().busy_s == 4
    clock.now += 3
    assert g.total().busy_s == 7  # the second goes on
    g.reset_peaks()
    clock.now += 1
    g.closed("b")
    g.finished(second)
    clock.now += 5
    assert g.total().busy_s == g.usage()["me"].busy_s == 1


@given(st.lists(st.tuples(st.sampled_from(["ask", "end", "close"]), st.integers(0, 7)), max_size=80))
def test_never_more_than_four_whatever_happens(events):
    g = gate(Clock())
    live, sockets = [], set()
    for what, n in events:
        if what == "ask":
            outcome = g.admit("me", n)
            expected = len(live) < 4 and (n in sockets or len(sockets) < 4)
            assert isinstance(outcome, Lease) == expected
            if expected:
                live.append(outcome)
                sockets.add(n)
        elif what == "end" and live:
            g.finished(live.pop(n % len(live)))
        elif what == "close":
            g.closed(n)
            sockets.discard(n)
            live = [lease for lease in live if lease.socket != n]
        usage = g.total()
        assert (usage.open_sockets, usage.in_flight) == (len(sockets), len(live))
        assert usage.peak_sockets <= 4
        assert usage.peak_in_flight <= 4


@given(st.lists(st.integers(1, 1 << 18), min_size=1, max_size=50), st.floats(0, 0.01))
def test_pace_makes_up_for_late_timers(sizes, late):
    pace, now = Pace(20e6), 5.0
    pace.begin(now)
    for size in sizes:
        now = max(now, pace.due(now, size)) + late / len(sizes)
    ideal = sum(sizes) / 20e6
    assert ideal <= now - 5.0 + 1e-9
    assert now - 5.0 <= ideal + late + 1e-9


def test_pace_saves_nothing_up_between_responses():
    pace = Pace(1000)
    pace.begin(0.0)
    assert pace.due(0.0, 1000) == 1.0
    pace.begin(10.0)
    assert pace.due(10.0, 1000) == 11.0
    pace.begin(10.5)  # the line is still busy with the response before
    assert pace.due(10.5, 1000) == 12.0
