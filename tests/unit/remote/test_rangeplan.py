"""The planner: every byte that was asked for, once, and no gap that does not pay."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistac.remote.ranges.rangeplan import plan
from phistac.safe.byteranges import ByteRange

_OBJECT = {name: bytes((i * 37 + len(name)) % 251 for i in range(4000)) for name in ("a", "bb", "ccc")}

ranges = st.lists(
    st.builds(
        lambda path, start, size: ByteRange(path, start, min(4000, start + size)),
        st.sampled_from(sorted(_OBJECT)),
        st.integers(0, 3999),
        st.integers(0, 1500),
    ),
    max_size=40,
)
wires = st.tuples(st.integers(1, 6), st.sampled_from([10.0, 100.0, 5000.0]), st.sampled_from([0.0, 0.5, 3.0]))


@given(ranges, wires)
@settings(deadline=None)
def test_requests_are_disjoint_and_leave_wide_gaps_out(asked, wire):
    connections, rate, latency = wire
    made = plan(asked, connections=connections, rate=rate, latency_s=latency)
    wanted = defaultdict(set)
    for r in asked:
        wanted[r.path].update(range(r.start, r.stop))
    moved = defaultdict(list)
    for r in made.requests:
        assert r.size > 0
        moved[r.path].extend(range(r.start, r.stop))
    for path, positions in moved.items():
        assert len(positions) == len(set(positions)), "a byte is moved twice"
        idle = run = 0
        for position in sorted(positions):
            run = 0 if position in wanted[path] else run + 1
            idle = max(idle, run)
        assert idle <= latency * rate
    assert made.bytes_asked == sum(map(len, wanted.values()))
    assert made.bytes_moved == sum(map(len, moved.values()))


def test_a_burst_is_one_range_per_connection():
    made = plan([ByteRange("tiff", 109_179, 109_179 + 126_000_000)], connections=4, rate=20e6, latency_s=0.05)
    assert [r.size for r in made.requests] == [31_500_000] * 4
    assert made.bytes_moved == 126_000_000
    assert made.round_trips == 1
    assert made.seconds == pytest.approx(0.05 + 31.5e6 / 20e6)


def test_a_window_of_rows_is_read_through_in_four_spans():
    rows = [ByteRange("tiff", 1000 + i * 84_000, 1800 + i * 84_000) for i in range(200)]
    made = plan(rows, connections=4, rate=20e6, latency_s=0.05)
    assert len(made.requests) == 4
    assert made.bytes_moved < 16.8e6
    assert made.seconds < 0.3  # 200 requests would take 2.5 s on this wire


def test_free_connections_make_gaps_not_worth_reading():
    pair = [ByteRange("tiff", 0, 1000), ByteRange("tiff", 900_000, 901_000)]
    assert plan(pair, connections=4, rate=20e6, latency_s=0.05).bytes_moved == 2000
    assert plan(pair, connections=1, rate=20e6, latency_s=0.05).bytes_moved == 901_000


@pytest.mark.parametrize("dates", [1, 7, 10, 30])
def test_bursts_of_a_series_keep_every_connection_busy_to_the_end(dates):
    bursts = [ByteRange(f"date-{number}", 109_179, 109_179 + 159_742_540) for number in range(dates)]
    made = plan(bursts, connections=4, rate=20e6, latency_s=0.05)
    assert made.seconds <= 1.03 * (0.05 + dates * 159_742_540 / 80e6)


def test_long_requests_are_bounded():
    made = plan([ByteRange("tiff", 0, 2_000_000_000)], connections=4, rate=20e6, latency_s=0.05)
    assert max(r.size for r in made.requests) <= 64 * 1024 * 1024
    assert made.bytes_moved == 2_000_000_000


def test_nothing_asked_is_nothing_sent():
    made = plan([ByteRange("a", 5, 5)], connections=4, rate=20e6, latency_s=0.05)
    assert (made.requests, made.seconds, made.round_trips) == ((), 0.0, 0)


def test_it_prints():
    text = str(plan([ByteRange("a", 0, 10), ByteRange("b", 0, 10)], connections=4, rate=20e6, latency_s=0.05))
    assert text.splitlines() == [
        "2 ranges in 2 objects: 20 B asked, 20 B moved (1.00x)",
        "2 requests, 1 round trip, about 0.05 s over 4 connections of 20.0 MB/s, 0.05 s to the first byte",
    ]


@given(st.integers(1, 50), st.integers(1, 12))
def test_tiny_ranges_are_cut_into_no_empty_requests(size, connections):
    made = plan([ByteRange("a", 7, 7 + size)], connections=connections, rate=1.0, latency_s=0.0)
    assert min(r.start for r in made.requests) == 7
    assert all(r.size > 0 for r in made.requests)
    assert made.bytes_moved == size
