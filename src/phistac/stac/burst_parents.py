"""From a filter on bursts to one on their products: what a product must be to hold a burst that is searched for.

It never says too much: what does not follow for certain is left out, and finds more products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.odata.filters import All, Any_, Attribute, Comparison, all_of, any_of
from phistac.stac.burst_ids import track_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.odata.filters import Expression, ValueType

__all__ = ["burst_numbers", "parent_condition"]

_TRACKS = 175
_SAME: dict[str, tuple[str, ValueType]] = {
    "PlatformSerialIdentifier": ("platformSerialIdentifier", "String"),
    "OrbitDirection": ("orbitDirection", "String"),
    "OperationalMode": ("operationalMode", "String"),
    "RelativeOrbitNumber": ("relativeOrbitNumber", "Integer"),
}
"""Fields of bursts that are those of their product, and the attributes of that."""


def parent_condition(condition: Expression | None) -> Expression | None:
    """Return what follows from a condition on bursts for their products; ``None`` for nothing.

    Examples
    --------
    >>> from phistac.odata.filters import render
    >>> print(render(parent_condition(Comparison("ParentProductName", "eq", "X") & Comparison("Lines", "ge", 9))))
    Name eq 'X'
    """
    match condition:
        case Comparison():
            return _of_comparison(condition)
        case All(operands) | Any_(operands):
            known = [found for each in operands if (found := parent_condition(each)) is not None]
            if isinstance(condition, All):
                return all_of(known) if known else None
            return any_of(known) if len(known) == len(operands) else None
    return None


def _of_comparison(condition: Comparison) -> Expression | None:
    match condition:
        case Comparison("ParentProductName", "eq", str(value)):
            return Comparison("Name", "eq", value)
        case Comparison("SwathIdentifier", "eq", str(value)):
            return Attribute("operationalMode", "String", "eq", value[:2])
        case Comparison("BurstId", "eq", int(number)):
            # A product may begin on the track before its burst's, or end on the next; modes number bursts apart.
            tracks = {track_of(number, mode) + near for mode in ("IW", "EW") for near in (-1, 0, 1)}
            orbits = sorted({(track - 1) % _TRACKS + 1 for track in tracks})
            return any_of(Attribute("relativeOrbitNumber", "Integer", "eq", orbit) for orbit in orbits)
        case Comparison(field, operator, str() | int() as value) if field in _SAME:
            name, kind = _SAME[field]
            return Attribute(name, kind, operator, value)
    return None


def burst_numbers(condition: Expression | None) -> frozenset[int] | None:
    """Return the numbers that bursts must have, one of them; ``None`` where any will do.

    Examples
    --------
    >>> sorted(burst_numbers(Comparison("BurstId", "eq", 7) | Comparison("BurstId", "eq", 9)))
    [7, 9]
    """
    match condition:
        case Comparison("BurstId", "eq", int(number)):
            return frozenset({number})
        case All(operands):
            return next(iter(_known(operands)), None)
        case Any_(operands):
            known = _known(operands)
            return frozenset[int]().union(*known) if len(known) == len(operands) else None
    return None


def _known(operands: Iterable[Expression]) -> list[frozenset[int]]:
    return [numbers for each in operands if (numbers := burst_numbers(each)) is not None]
