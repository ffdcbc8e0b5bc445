"""From the requests of a plan to the ranges that were asked for: every piece that comes is handed on at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from phistac.errors import ServiceError
from phistac.remote.ranges.rangeplan import union
from phistac.safe.byteranges import POURED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.safe.byteranges import ByteRange, Sink

__all__ = ["Delivery"]


class Delivery:
    """The ranges that wait for bytes. Those with a sink have it called, the others are gathered here.

    Parameters
    ----------
    ranges : sequence of ByteRange
        What was asked for; they may overlap.

    Examples
    --------
    >>> from phistac.safe.byteranges import ByteRange
    >>> delivery = Delivery([ByteRange("a", 2, 5), ByteRange("a", 4, 6)])
    >>> request = ByteRange("a", 2, 6)
    >>> delivery.piece(request, 0, b"cd"); delivery.piece(request, 2, b"ef"); delivery.done(request)
    >>> delivery.parts()
    [b'cde', b'ef']
    """

    def __init__(self, ranges: Sequence[ByteRange]) -> None:
        self._ranges = ranges
        self._gathered = {number: bytearray(r.size) for number, r in enumerate(ranges) if r.sink is None}
        waiting: dict[str, list[tuple[int, int, Sink]]] = defaultdict(list)
        for number, r in enumerate(ranges):
            if r.size:
                waiting[r.path].append((r.start, r.stop, r.sink or partial(_gather, self._gathered[number])))
        self._waiting = {path: _Waiting(spans) for path, spans in waiting.items()}
        self._done: list[ByteRange] = []

    def piece(self, request: ByteRange, offset: int, data: bytes) -> None:
        """Hand on a piece of a request's answer, ``offset`` bytes into it."""
        self._waiting[request.path].piece(request.start + offset, memoryview(data))

    def done(self, request: ByteRange) -> None:
        """Take note that all pieces of a request were handed on."""
        self._done.append(request)

    def parts(self) -> list[bytes]:
        """Return one part for each range, in order: its bytes, or the sign that its sink has had them.

        Raises
        ------
        ServiceError
            If a byte of them was in no request that is done: nothing short is passed off as whole.
        """
        come: dict[str, list[ByteRange]] = defaultdict(list)
        for span in union(self._done):
            come[span.path].append(span)
        for r in self._ranges:
            nearest = bisect_right(come[r.path], r.start, key=lambda span: span.start) - 1
            if r.size and (nearest < 0 or come[r.path][nearest].stop < r.stop):
                raise ServiceError(f"{r.path}: bytes {r.start} to {r.stop} did not come whole")
        return [POURED if r.sink is not None else bytes(self._gathered[n]) for n, r in enumerate(self._ranges)]


class _Waiting:
    """Spans of one object, and who waits for them."""

    def __init__(self, spans: list[tuple[int, int, Sink]]) -> None:
        self._spans = sorted(spans, key=lambda span: span[:2])
        self._starts = [start for start, _, _ in self._spans]
        self._reach = list(accumulate((stop for _, stop, _ in self._spans), max))
        """How far the spans up to each one reach: those that begin earlier may end later."""

    def piece(self, at: int, data: memoryview) -> None:
        end = at + len(data)
        for start, stop, sink in self._spans[bisect_right(self._reach, at) : bisect_left(self._starts, end)]:
            if stop > at:
                begin = max(start, at)
                sink(begin - start, data[begin - at : min(stop, end) - at])


def _gather(into: bytearray, offset: int, data: memoryview) -> None:
    into[offset : offset + len(data)] = data
