"""How much of a filter the catalogue can be asked, and what is left to check on this side.

A filter in normal form is split in two: a condition for the catalogue that no wanted record fails, and the rest of the
filter, which is checked on the Items that come back. Where the condition says all, there is no rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.odata.filters import (
    Comparison,
    Expression,
    Not,
    all_of,
    any_of,
)
from phistac.odata.times import instant
from phistac.stac.asking import alternatives
from phistac.stac.burst_ids import burst_key
from phistac.stac.collections import collection as collection_of
from phistac.stac.collections import members
from phistac.stac.columns import columns
from phistac.stac.ids import name_condition
from phistac.stac.normal import COMPARISONS, SPATIAL, Node
from phistac.stac.patterns import name_pattern
from phistac.stac.places import asked_area
from phistac.stac.splits import Split, denied, every, some

if TYPE_CHECKING:
    from phistac.odata.filters import Operator
    from phistac.stac.collections import Collection

__all__ = ["Split", "split"]

_ASKED: dict[str, Operator] = {"=": "eq", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


_ALL = Split()


def split(node: Node, collection: Collection | None) -> Split:
    """Split a filter.

    Parameters
    ----------
    node : dict
        From :func:`phistac.stac.normal.normal`, for the same collection.
    collection : Collection, optional
        What is searched; ``None`` for all products.

    Raises
    ------
    QueryError
        If a value is of another type than its property.
    """
    if node["op"] == "and":
        return every([split(each, collection) for each in node["args"]])
    if node["op"] == "or":
        return some([split(each, collection) for each in node["args"]], node)
    if node["op"] == "not":
        return denied(_single(node["args"][0], collection), node)
    return _single(node, collection)


def _single(node: Node, collection: Collection | None) -> Split:
    here = Split(rest=node)
    match node:
        case {"op": operator, "args": [{"property": name}, value]} if operator in COMPARISONS and _plain(value):
            return _comparison(node, operator, name, _value(value), collection)
        case {"op": "like", "args": [{"property": "id" | "odata:Name" as name}, str(pattern)]}:
            expression, exact = name_pattern(pattern, of_ids=name == "id" and not _bursts(collection))
            return Split(expression, None if exact else node)
        case {"op": "a_contains", "args": [{"property": name}, values]}:
            return _contains(node, name, values, collection)
        case {"op": operator, "args": [{"property": "geometry"}, {"type": _} as area]} if operator in SPATIAL:
            return _place(node, operator, area)
        case {"op": operator, "args": [left, right]} if operator.startswith("t_"):
            return _time(node, operator, left, right)
    return here


def _plain(value: Any) -> bool:
    return not isinstance(value, dict) or "timestamp" in value


def _value(value: Any) -> Any:
    return value["timestamp"] if isinstance(value, dict) else value


def _bursts(collection: Collection | None) -> bool:
    return collection is not None and collection.entity == "Bursts"


def _comparison(node: Node, operator: str, name: str, value: Any, collection: Collection | None) -> Split:
    if name == "collection":
        return _membership(node, operator, str(value), collection)
    if operator == "<>":
        return _unequal(node, name, value, collection)
    found: tuple[Expression, ...] | None
    if name == "id" or (name == "burst:id" and _bursts(collection)):
        found = (_identity(name, value),) if operator == "=" else None
    else:
        found = alternatives(name, _ASKED[operator], value, collection)
    if found is None:
        return Split(rest=node)
    if not found:
        return Split(never=f"no record can have {name} {operator} {value!r}")
    return Split(any_of(found), node if any(way.loose for way in columns(name, collection)) else None)


def _identity(name: str, value: str) -> Expression:
    if name == "id":
        return name_condition(value)
    key = burst_key(value)
    return Comparison("BurstId", "eq", key.number) & Comparison("SwathIdentifier", "eq", key.swath)


def _unequal(node: Node, name: str, value: Any, collection: Collection | None) -> Split:
    ways = columns(name, collection)
    if len(ways) == 1 and "lt" in ways[0].operators:  # not a denial: records that have no value are not selected
        below, above = (alternatives(name, operator, value, collection) for operator in ("lt", "gt"))
        return Split(any_of((*below, *above))) if below and above else Split(rest=node)
    equal = {"op": "=", "args": node["args"]}
    found = denied(_comparison(equal, "=", name, value, collection), node)
    # Items of auxiliary files have none, and are of a mission all the same.
    return replace(found, rest=node) if name == "platform" else found


def _membership(node: Node, operator: str, identifier: str, collection: Collection | None) -> Split:
    """Say what ``collection = 'x'`` means where a collection, or all products, are searched already."""
    wanted = collection_of(identifier)
    if operator not in {"=", "<>"}:
        return Split(rest=node)
    if collection is not None and not collection.wide:
        same = (collection.id in members(wanted.id)) == (operator == "=")
        return _ALL if same else Split(never=f"the Items of {collection.id} are none of {identifier}")
    if wanted.entity == "Bursts":
        raise QueryError("bursts are searched apart from products", remedy=f"Search collections=[{identifier!r}].")
    if collection is not None and collection.odata != wanted.odata and operator == "=":
        return Split(never=f"the Items of {collection.id} are none of {identifier}")
    if operator == "<>":
        return Split(rest=node)
    return Split(wanted.condition)


# Every order in which the catalogue has been seen to write two polarizations; single ones stand alone.
_POLARIZATIONS = ("VV", "VH", "HH", "HV", "VV&VH", "VH&VV", "HH&HV", "HV&HH", "VV&HH", "HH&VV")


def _contains(node: Node, name: str, values: list[str], collection: Collection | None) -> Split:
    if _bursts(collection):
        parts = [_comparison(node, "=", name, each, collection) for each in values]
        return every([Split(rest=node) if part.rest else part for part in parts])
    if name != "sar:polarizations" or not columns(name, collection):
        return Split(rest=node)
    matching = [each for each in _POLARIZATIONS if set(values) <= set(each.split("&"))]
    conditions = [each for pair in matching for each in alternatives(name, "eq", pair.split("&"), collection) or ()]
    if not conditions:
        return Split(never=f"no record has the polarizations {', '.join(values)}")
    return Split(any_of(conditions))


# A line is asked for as a thin polygon around it, which denied would be too much.
_AS_THEY_ARE = frozenset({"Point", "Polygon", "MultiPolygon"})


def _place(node: Node, operator: str, area: dict[str, Any]) -> Split:
    expression, exact = asked_area(area)
    if operator == "s_intersects":
        return Split(expression, None if exact else node)
    if operator == "s_disjoint":  # a record without footprint is neither, there as here
        return Split(Not(expression)) if exact and area["type"] in _AS_THEY_ARE else Split(rest=node)
    return Split(expression, node)


_START, _END = "ContentDate/Start", "ContentDate/End"
_FIELDS = {"datetime": _START, "start_datetime": _START, "end_datetime": _END}


def _time(node: Node, operator: str, left: Any, right: Any) -> Split:
    """Ask for times within an interval; all other relations of intervals are checked here."""
    match operator, left, right:
        case ("t_intersects" | "t_during", {"property": name}, {"interval": [first, last]}) if name in _FIELDS:
            strict = operator == "t_during"
            return _window(node, (_FIELDS[name], first), (_FIELDS[name], last), strict=strict)
        case ("t_intersects", {"interval": [{"property": start}, {"property": end}]}, {"interval": [first, last]}):
            if (start, end) == ("start_datetime", "end_datetime"):
                return _window(node, (_END, first), (_START, last), strict=False)
        case ("t_after" | "t_before" | "t_equals", {"property": name}, {"timestamp": at}) if name in _FIELDS:
            chosen: dict[str, Operator] = {"t_after": "gt", "t_before": "lt", "t_equals": "eq"}
            found = alternatives(name, chosen[operator], at, None)
            return Split(any_of(found)) if found else Split(rest=node)
    return Split(rest=node)


def _window(node: Node, lower: tuple[str, Any], upper: tuple[str, Any], *, strict: bool) -> Split:
    operators: tuple[Operator, Operator] = ("gt", "lt") if strict else ("ge", "le")
    bounds: list[Expression] = []
    for (field, end), operator in zip((lower, upper), operators, strict=True):
        match end:
            case {"timestamp": at}:
                bounds.append(Comparison(field, operator, instant(at)))
            case {"property": _}:
                return Split(rest=node)
    return Split(all_of(bounds) if bounds else None)
