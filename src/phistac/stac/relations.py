"""How an Item lies to an area, and its times to an interval: the spatial and temporal operators of CQL2."""

from __future__ import annotations

import operator as op
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from phistac.odata.times import instant
from phistac.stac.literals import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["spatial", "temporal"]

_MIN, _MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_Span = tuple[datetime, datetime]


def spatial(operator: str, right: Any) -> Callable[[Mapping[str, Any]], bool | None]:
    """Return what decides how the footprint of an Item lies to an area: planar, in degrees, as in the catalogue.

    Parameters
    ----------
    operator : str
        ``s_intersects``, ``s_within``, ...
    right : dict
        An area as GeoJSON; what is compared with it is the property ``geometry``.
    """
    relation = getattr(shapely, operator.removeprefix("s_"))
    area = shape(right)
    shapely.prepare(area)

    def check(item: Mapping[str, Any]) -> bool | None:
        found = item.get("geometry")
        if found is None:
            return None
        footprint = shape(found)
        if not footprint.is_valid:  # as the catalogue does
            footprint = shapely.make_valid(footprint)
        return bool(_prepared(relation, operator, footprint, area))

    return check


def _prepared(relation: Callable[[Any, Any], Any], operator: str, footprint: Any, area: Any) -> Any:
    """Put the prepared area first where the relation is the same turned around."""
    if operator == "s_within":
        return shapely.contains(area, footprint)
    if operator == "s_contains":
        return shapely.within(area, footprint)
    return relation(area, footprint)


def temporal(
    operator: str, value: Callable[[Any], Callable[[Mapping[str, Any]], Any]], left: Any, right: Any
) -> Callable[[Mapping[str, Any]], bool | None]:
    """Return what decides how a time, or an interval, of an Item lies to another.

    Parameters
    ----------
    operator : str
        ``t_intersects``, ``t_after``, ``t_before``, ``t_during``, ``t_equals``, ``t_disjoint``.
    value : callable
        From an operand to what reads it from an Item.
    left, right : dict
        A property, a ``timestamp`` or an ``interval``.
    """
    first, second, decide = _span(value, left), _span(value, right), _RELATIONS[operator]

    def check(item: Mapping[str, Any]) -> bool | None:
        one, other = first(item), second(item)
        return None if one is None or other is None else decide(one, other)

    return check


def _intersects(one: _Span, other: _Span) -> bool:
    return one[0] <= other[1] and one[1] >= other[0]


_RELATIONS: dict[str, Callable[[_Span, _Span], bool]] = {
    "t_after": lambda one, other: one[0] > other[1],
    "t_before": lambda one, other: one[1] < other[0],
    "t_equals": op.eq,
    "t_intersects": _intersects,
    "t_disjoint": lambda one, other: not _intersects(one, other),
    "t_during": lambda one, other: one[0] > other[0] and one[1] < other[1],
    "t_contains": lambda one, other: one[0] < other[0] and one[1] > other[1],
    "t_meets": lambda one, other: one[1] == other[0],
    "t_metby": lambda one, other: one[0] == other[1],
    "t_overlaps": lambda one, other: one[0] < other[0] < one[1] < other[1],
    "t_overlappedby": lambda one, other: other[0] < one[0] < other[1] < one[1],
    "t_starts": lambda one, other: one[0] == other[0] and one[1] < other[1],
    "t_startedby": lambda one, other: one[0] == other[0] and one[1] > other[1],
    "t_finishes": lambda one, other: one[0] > other[0] and one[1] == other[1],
    "t_finishedby": lambda one, other: one[0] < other[0] and one[1] == other[1],
}


def _span(
    value: Callable[[Any], Callable[[Mapping[str, Any]], Any]], node: Any
) -> Callable[[Mapping[str, Any]], _Span | None]:
    """Return what reads the first and the last instant of an operand."""
    ends = node.get("interval", [node, node])
    readers = [None if each == OPEN else value(each) for each in ends]

    def read(item: Mapping[str, Any]) -> _Span | None:
        found = []
        for reader, beyond in zip(readers, (_MIN, _MAX), strict=True):
            at = beyond if reader is None else reader(item)
            if at is None:
                return None
            found.append(instant(at) if isinstance(at, str) else at)
        return found[0], found[1]

    return read
