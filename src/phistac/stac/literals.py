"""Values in a CQL2 filter, given the type of the property that they are compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shapely.geometry import mapping

from phistac.analysis.aoi import to_geometry
from phistac.errors import DatetimeError, GeometryError, QueryError
from phistac.odata.times import instant, text
from phistac.stac.burst_ids import burst_key

if TYPE_CHECKING:
    from phistac.stac.properties import Property

__all__ = ["OPEN", "area", "interval", "literal", "moment"]

OPEN = ".."
"""An end that an interval does not have."""
_TWO = 2
_REMEDY = "Write TIMESTAMP('2024-08-02T06:07:23Z') or DATE('2024-08-02')."


def literal(prop: Property, value: Any, operator: str) -> Any:
    """Return a value as one of the type of a property.

    Raises
    ------
    QueryError
        If it is of another type.
    """
    if value is None:
        raise QueryError(f"{prop.name} cannot be compared with what is missing (null)", remedy="Ask with isNull.")
    made = _typed(prop, value, operator)
    if made is None:
        kinds = {"integer": "a whole number", "texts": "a list of texts", "boolean": "true or false"}
        raise QueryError(f"{prop.name} is {kinds.get(prop.kind, f'a {prop.kind}')}, {value!r} is not")
    return prop.canonical(made) if prop.kind in {"text", "texts"} and operator in {"=", "<>"} else made


def _typed(prop: Property, value: Any, operator: str) -> Any:
    """Return a value as one of the type of a property, or ``None``."""
    made: Any = None
    if prop.kind in {"integer", "number"} and isinstance(value, str):
        value = _number(value)
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    match prop.kind:
        case "time":
            made = moment(value)
        case "integer" if number:
            made = _whole(prop, value, operator)
        case "number" if number:
            made = value
        case "boolean" if isinstance(value, bool):
            made = value
        case "texts":
            parts = [value] if isinstance(value, str) else value
            if isinstance(parts, Sequence) and parts and all(isinstance(each, str) for each in parts):
                made = list(parts)
        case "text" if isinstance(value, str) and value.strip():
            made = str(burst_key(value)) if prop.name == "burst:id" and operator in {"=", "<>"} else value.strip()
        case "text" if number and prop.name == "eopf:datatake_id" and value == int(value):
            made = str(int(value))
    return made


def _number(value: str) -> float | None:
    """Return the number that a text is: tools that take conditions from a command line send them so."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _whole(prop: Property, value: float, operator: str) -> float:
    if value == int(value):
        return int(value)
    if operator in {"=", "<>"}:
        raise QueryError(f"{prop.name} is a whole number, {value!r} is not")
    return value


def moment(value: Any) -> dict[str, str]:
    """Return a time, however CQL2 writes it, as ``{"timestamp": ...}``; a date is its first instant.

    Raises
    ------
    DatetimeError
        If it is no time.
    """
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, value),) = value.items()
        if kind == "interval":
            raise DatetimeError("an interval is not one time", remedy="Ask with t_intersects or t_during.")
        if kind not in {"timestamp", "date"}:
            raise QueryError(f"{kind!r} is not a value", remedy="Compare a property with a value.")
    if not isinstance(value, str):
        raise DatetimeError(f"{str(value)[:80]!r} is not a time", remedy=_REMEDY)
    spelled = f"{value}T00:00:00Z" if len(value) == len("2024-08-02") else value
    return {"timestamp": text(instant(spelled))}


def interval(ends: Any) -> dict[str, list[Any]]:
    """Return an interval with its ends as ``timestamp``, property, or ``..`` where it is open.

    Raises
    ------
    DatetimeError
        If it has not two ends, or the second is earlier.
    """
    if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != _TWO:
        raise DatetimeError(f"{str(ends)[:80]!r} is not an interval", remedy="It has two ends; '..' is open.")
    made: list[Any] = []
    for at, each in enumerate(ends):
        if each in (OPEN, "", None):
            made.append(OPEN)
        elif isinstance(each, Mapping) and "property" in each:
            made.append(dict(each))
        elif isinstance(each, str) and at and len(each) == len("2024-08-02"):
            made.append({"timestamp": f"{moment(each)['timestamp'][:10]}T23:59:59.999999Z"})
        else:
            made.append(moment(each))
    stamps = [each["timestamp"] for each in made if isinstance(each, Mapping) and "timestamp" in each]
    if len(stamps) == _TWO and stamps[1] < stamps[0]:
        raise DatetimeError(f"the interval ends before it starts: {stamps[0]} is after {stamps[1]}")
    return {"interval": made}


def area(value: Any) -> dict[str, Any]:
    """Return an area as a valid GeoJSON geometry; CQL2 writes a box as ``{"bbox": [...]}``.

    Raises
    ------
    GeometryError
        If it is none.
    """
    if isinstance(value, Mapping) and "bbox" in value and "type" not in value:
        box = value["bbox"]
        if not isinstance(box, Sequence) or isinstance(box, str):
            raise GeometryError(f"the bbox {str(box)[:80]!r} is no list of numbers")
        value = tuple(box)
    found = mapping(to_geometry(value))
    return {"type": found["type"], **{key: each for key, each in found.items() if key != "type"}}
