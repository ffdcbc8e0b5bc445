"""Which requests to send for the byte ranges that are wanted: pure arithmetic, done before anything moves.

Two wishes pull apart. Few requests: each costs the latency to its first byte. Few bytes: each costs its time on the
wire, and reading through a gap between two ranges moves bytes that nobody asked for. A gap is cheaper to read through
than to step over while it is shorter than ``latency * rate``. And while connections are free, another request costs
nothing. So a handful of candidate plans is made, each is timed on the wire model below, and the fastest wins.

The wire model: every connection carries ``rate`` bytes per second, every request waits ``latency_s`` for its first
byte, requests are taken longest first by whichever connection is free.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from phistac.remote.ranges.amounts import count_of, size_of
from phistac.safe.byteranges import ByteRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LONGEST_REQUEST", "RangePlan", "plan", "union"]

LONGEST_REQUEST = 64 * 1024 * 1024
"""Bytes: what is lost when a request breaks off stays bounded, and so does the wait of whoever wants a connection."""

_SHARES = (1, 2, 4)
"""Into how many requests per connection a candidate plan cuts the whole."""

_CUTS = (1, 2, 4, 8)
"""Into how many pieces others cut the longest request: shorter ones share out more evenly."""


@dataclass(frozen=True, slots=True, repr=False)
class RangePlan:
    """What will be fetched: printable before it runs, and the very thing that runs.

    Examples
    --------
    >>> burst = ByteRange("measurement/iw1-vv.tiff", 109_179, 109_179 + 126_000_000)
    >>> print(plan([burst], connections=4, rate=20e6, latency_s=0.05))
    1 range in 1 object: 126.0 MB asked, 126.0 MB moved (1.00x)
    4 requests, 1 round trip, about 1.62 s over 4 connections of 20.0 MB/s, 0.05 s to the first byte
    """

    asked: tuple[ByteRange, ...]
    """The ranges that are wanted, in the order of the asking; they may overlap."""

    requests: tuple[ByteRange, ...]
    """What is sent, longest first. Requests do not overlap."""

    connections: int
    rate: float
    """Bytes per second of one connection."""

    latency_s: float

    @property
    def objects(self) -> int:
        """Number of objects that are read."""
        return len({request.path for request in self.requests})

    @property
    def bytes_asked(self) -> int:
        """Bytes wanted; those wanted twice count once."""
        return sum(span.size for span in union(self.asked))

    @property
    def bytes_moved(self) -> int:
        """Bytes that will come over the wire, gaps included."""
        return sum(request.size for request in self.requests)

    @property
    def round_trips(self) -> int:
        """The most requests that one connection sends, one after another."""
        return _timed(self.requests, self.connections, self.rate, self.latency_s)[1]

    @property
    def seconds(self) -> float:
        """What the wire model says."""
        return _timed(self.requests, self.connections, self.rate, self.latency_s)[0]

    def __repr__(self) -> str:
        return f"<RangePlan of {str(self).replace(chr(10), '; ')}>"

    def __str__(self) -> str:
        excess = self.bytes_moved / self.bytes_asked if self.bytes_asked else 1.0
        seconds, round_trips = _timed(self.requests, self.connections, self.rate, self.latency_s)
        return (
            f"{count_of(len(self.asked), 'range')} in {count_of(self.objects, 'object')}:"
            f" {size_of(self.bytes_asked)} asked, {size_of(self.bytes_moved)} moved ({excess:.2f}x)\n"
            f"{count_of(len(self.requests), 'request')}, {count_of(round_trips, 'round trip')}, about {seconds:.2f} s"
            f" over {count_of(self.connections, 'connection')} of {size_of(self.rate)}/s,"
            f" {self.latency_s:g} s to the first byte"
        )


def plan(
    ranges: Iterable[ByteRange], *, connections: int, rate: float, latency_s: float, longest: int = LONGEST_REQUEST
) -> RangePlan:
    """Return the fastest way found to fetch these ranges.

    Parameters
    ----------
    ranges : iterable of ByteRange
        Of any objects, in any order, overlapping or not.
    connections : int
        How many requests may be under way at once.
    rate : float
        Bytes per second of one connection.
    latency_s : float
        Seconds from a request to its first byte.
    longest : int
        Bytes of the longest request.

    Returns
    -------
    RangePlan
        Its requests cover every range exactly once; they leave out every gap wider than ``latency_s * rate``.
    """
    asked = tuple(r if r.sink is None else ByteRange(r.path, r.start, r.stop) for r in ranges)
    atoms = union(asked)
    worth = latency_s * rate
    best: tuple[float, int, list[ByteRange]] | None = None
    for gap in (0.0, worth):
        spans = _merged(atoms, gap)
        for size in _sizes([span[-1].stop - span[0].start for span in spans], connections, worth, longest):
            requests = sorted((r for span in spans for r in _split(span, size)), key=lambda r: (-r.size, _place(r)))
            cost = (_timed(requests, connections, rate, latency_s)[0], sum(r.size for r in requests))
            if best is None or cost < best[:2]:
                best = (*cost, requests)
    return RangePlan(asked, tuple(best[2]) if best else (), connections, rate, latency_s)


def union(ranges: Iterable[ByteRange]) -> list[ByteRange]:
    """Return the same bytes in sorted ranges, of which none overlaps or touches another.

    Examples
    --------
    >>> [(r.start, r.stop) for r in union([ByteRange("a", 5, 9), ByteRange("a", 0, 5), ByteRange("a", 10, 11)])]
    [(0, 9), (10, 11)]
    """
    joined: list[ByteRange] = []
    for r in sorted((r for r in ranges if r.size), key=_place):
        last = joined[-1] if joined else None
        if last is not None and last.path == r.path and r.start <= last.stop:
            joined[-1] = ByteRange(r.path, last.start, max(last.stop, r.stop))
        else:
            joined.append(r)
    return joined


def _sizes(spans: Sequence[int], connections: int, worth: float, longest: int) -> list[float]:
    """Return how long requests might be: shares of the whole, pieces of the longest span, pieces of what is allowed."""
    whole, widest = sum(spans), max(spans, default=0)
    tried = {length / connections / share for length in (whole, widest) for share in _SHARES}
    tried |= {longest / cut for cut in _CUTS}
    return sorted({min(longest, widest, max(size, worth, 1.0)) for size in tried}, reverse=True)


def _place(r: ByteRange) -> tuple[str, int, int]:
    return r.path, r.start, r.stop


def _merged(atoms: Sequence[ByteRange], gap: float) -> list[list[ByteRange]]:
    """Group neighbors that are no further apart than ``gap`` bytes."""
    groups: list[list[ByteRange]] = []
    for atom in atoms:
        last = groups[-1][-1] if groups else None
        if last is not None and last.path == atom.path and atom.start - last.stop <= gap:
            groups[-1].append(atom)
        else:
            groups.append([atom])
    return groups


def _split(group: Sequence[ByteRange], longest: float) -> list[ByteRange]:
    """Cut a group into about equal requests; a cut that falls into a gap leaves the gap out."""
    path, start, stop = group[0].path, group[0].start, group[-1].stop
    count = max(1, ceil((stop - start) / longest))
    gaps = [(left.stop, right.start) for left, right in pairwise(group)]
    edges: list[tuple[int, int]] = []  # where a request ends, and where the next one starts
    for i in range(1, count):
        cut = start + (stop - start) * i // count
        before = bisect_right(gaps, (cut, stop)) - 1
        edge = gaps[before] if before >= 0 and gaps[before][0] <= cut <= gaps[before][1] else (cut, cut)
        if edge[0] > (edges[-1][1] if edges else start):
            edges.append(edge)
    starts = [start, *(edge[1] for edge in edges)]
    stops = [*(edge[0] for edge in edges), stop]
    return [ByteRange(path, a, b) for a, b in zip(starts, stops, strict=True)]


def _timed(requests: Sequence[ByteRange], connections: int, rate: float, latency_s: float) -> tuple[float, int]:
    """Return seconds, and the most requests on one connection, by the wire model."""
    if not requests:
        return 0.0, 0
    free = [(0.0, 0)] * min(connections, len(requests))
    for request in requests:
        busy_s, sent = free[0]
        heapq.heapreplace(free, (busy_s + latency_s + request.size / rate, sent + 1))
    return max(busy_s for busy_s, _ in free), max(sent for _, sent in free)
