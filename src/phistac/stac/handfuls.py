"""Long lists of values in a filter, asked for in handfuls: one address would be longer than servers take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phistac.stac.burst_ids import burst_key
from phistac.stac.ids import item_id
from phistac.stac.lifting import joined, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["handfuls"]

_AT_ONCE = 50
# Properties of which a record has one value, so that no record is found by two handfuls.
_SINGLE = frozenset(
    {"id", "burst:id", "burst:relative_id", "sar:relative_burst", "grid:code", "sat:absolute_orbit", "odata:BurstId"}
)


def handfuls(node: Mapping[str, Any] | None) -> list[Mapping[str, Any] | None]:
    """Return filters that together select what one filter does, none of them the same record.

    Parameters
    ----------
    node : mapping, optional
        CQL2-JSON. Where it says ``property IN (...)`` of very many values, and nothing else decides, it is divided.
    """
    parts = terms(node)
    for at, term in enumerate(parts):
        name, values = _listed(term)
        if len(values) > _AT_ONCE:
            rest = [*parts[:at], *parts[at + 1 :]]
            some = [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
            return [joined([*rest, {"op": "in", "args": [{"property": name}, each]}]) for each in some]
    return [node]


def _listed(term: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return a property and the values that it may have, each once, in one spelling."""
    match term:
        case {"op": "in", "args": [{"property": str(name)}, [*values]]} if _plain(name) in _SINGLE:
            spelled = (_spelled(_plain(name), each) for each in values)
            return name, list(dict.fromkeys(spelled))
    return "", []


def _spelled(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else str(value)
    return str(burst_key(value)) if name == "burst:id" else item_id(value.strip()) if name == "id" else value.strip()


def _plain(name: str) -> str:
    return name.removeprefix("properties.")
