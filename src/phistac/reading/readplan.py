"""What will be read, before it is: plans that print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from posixpath import commonpath, dirname
from typing import TYPE_CHECKING

from phistac.analysis.rendering import preformatted
from phistac.remote.ranges.amounts import count_of, size_of

if TYPE_CHECKING:
    from phistac.remote.ranges.rangeplan import RangePlan

__all__ = ["ReadPlan"]

_SHOWN = 12


@dataclass(frozen=True, slots=True, repr=False)
class ReadPlan:
    """How lazy values would be read now: the very plans that would run.

    Attributes
    ----------
    plans : tuple of RangePlan
        One for each filesystem, as :func:`phistac.load` runs them; one for each reading task where Dask has the arrays.
    tasks : int
        How many of them are those of tasks of Dask.
    """

    plans: tuple[RangePlan, ...]
    tasks: int = 0

    @property
    def objects(self) -> tuple[str, ...]:
        """Objects that are read, by path."""
        return tuple(sorted({request.path for plan in self.plans for request in plan.requests}))

    @property
    def bytes_asked(self) -> int:
        """Bytes wanted; what one plan wants twice counts once."""
        return sum(plan.bytes_asked for plan in self.plans)

    @property
    def bytes_moved(self) -> int:
        """Bytes that will come over the wire, gaps included."""
        return sum(plan.bytes_moved for plan in self.plans)

    @property
    def requests(self) -> int:
        """Requests that will be sent."""
        return sum(len(plan.requests) for plan in self.plans)

    @property
    def round_trips(self) -> int:
        """The most requests that one connection sends, one after another, plan after plan."""
        return sum(plan.round_trips for plan in self.plans)

    def __str__(self) -> str:
        if not self.plans:
            return "Nothing to read: the values are in memory, or not phistac's."
        lines = [str(plan) for plan in self.plans[: len(self.plans) - self.tasks]]
        if self.tasks:
            lines.append(self._of_tasks())
        return "\n".join([*lines, *self._objects()])

    def __repr__(self) -> str:
        if not self.plans:
            return "<ReadPlan: nothing to read>"
        return (
            f"<ReadPlan: {count_of(len(self.objects), 'object')}, {count_of(self.requests, 'request')},"
            f" {size_of(self.bytes_moved)}>"
        )

    def _repr_html_(self) -> str:
        return preformatted(str(self))

    def _of_tasks(self) -> str:
        own = self.plans[len(self.plans) - self.tasks :]
        requests, moved = sum(len(plan.requests) for plan in own), sum(plan.bytes_moved for plan in own)
        return (
            f"{count_of(len(own), 'task')} of Dask, each with a plan of its own: {count_of(requests, 'request')},"
            f" {size_of(moved)} moved; the first:\n{own[0]}"
        )

    def _objects(self) -> list[str]:
        ranges = Counter(asked.path for plan in self.plans for asked in plan.asked if asked.size)
        sent: dict[str, list[tuple[int, int]]] = {}
        for plan in self.plans:
            for request in sorted(plan.requests):
                sent.setdefault(request.path, []).append((request.start, request.stop))
        common = commonpath([dirname(path) for path in sent]) if all(map(dirname, sent)) else ""
        lines = [f"in {common}:"] if common else []
        for path, spans in sorted(sent.items())[:_SHOWN]:
            counts = f"{count_of(ranges[path], 'range')} in {count_of(len(spans), 'request')}"
            lines.append(f"  {path.removeprefix(common).lstrip('/') if common else path}: {counts}, {_where(spans)}")
        return lines if len(sent) <= _SHOWN else [*lines, f"  and {count_of(len(sent) - _SHOWN, 'object')} more"]


def _where(spans: list[tuple[int, int]]) -> str:
    moved = sum(stop - start for start, stop in spans)
    return f"{size_of(moved)} between bytes {min(spans)[0]:,} and {max(stop for _, stop in spans):,}"
