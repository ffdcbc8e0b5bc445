"""CQL2-JSON in one normal form, checked: what the rest of the translation has to understand is then little.

- ``not`` stands before single conditions only, and before no comparison; ``between`` and ``in`` are comparisons;
- a comparison of a property with a value has the property on the left, under the name that Items give it;
- values have the type of their property: CQL2 text makes every number a float, and a time may come as plain text;
- areas are valid GeoJSON geometries, times are ``{"timestamp": ...}`` in one spelling, burst ids too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import QueryError
from phistac.stac.literals import area, interval, literal, moment
from phistac.stac.properties import known

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.stac.collections import Collection
    from phistac.stac.properties import Property

__all__ = ["ARRAYS", "COMPARISONS", "SPATIAL", "TEMPORAL", "Node", "normal"]

Node: TypeAlias = dict[str, Any]

COMPARISONS = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""Comparisons, and what each is when denied."""
ARRAYS = frozenset({"a_contains", "a_containedby", "a_equals", "a_overlaps"})
SPATIAL = frozenset(
    {"s_intersects", "s_disjoint", "s_within", "s_contains", "s_equals", "s_touches", "s_crosses", "s_overlaps"}
)
TEMPORAL = frozenset(
    {
        *(
            "t_after",
            "t_before",
            "t_equals",
            "t_intersects",
            "t_disjoint",
            "t_during",
            "t_contains",
            "t_meets",
            "t_metby",
        ),
        *("t_overlaps", "t_overlappedby", "t_starts", "t_startedby", "t_finishes", "t_finishedby"),
    }
)
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SYNONYMS = {"eq": "=", "neq": "<>", "!=": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_DUAL = {"and": "or", "or": "and"}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "div", "^"})
_CASES = frozenset({"casei", "accenti"})
_UNORDERED = {"<", "<=", ">", ">="}
_OPERATORS = "and, or, not, =, <>, <, <=, >, >=, between, in, like, isNull, casei, a_*, s_*, t_* and arithmetic"


def normal(node: Any, collection: Collection | None) -> Node:
    """Return a filter in normal form, for one collection.

    Parameters
    ----------
    node : mapping
        CQL2-JSON: ``{"op": ..., "args": [...]}``.
    collection : Collection, optional
        What is searched: the types of properties depend on it.

    Raises
    ------
    QueryError
        If it is not CQL2, names a property that nothing has, or compares it with a value of another type.
    GeometryError, DatetimeError
        If an area or a time has no meaning.

    Examples
    --------
    >>> normal({"op": "not", "args": [{"op": ">", "args": [{"property": "eo:cloud_cover"}, 10]}]}, None)
    {'op': '<=', 'args': [{'property': 'eo:cloud_cover'}, 10]}
    """
    return _Normalizer(lambda name: known(name, collection)).condition(node, denied=False)


class _Normalizer:
    def __init__(self, lookup: Callable[[str], Property]) -> None:
        self._lookup = lookup

    def condition(self, node: Any, *, denied: bool) -> Node:
        operator, args = _parts(node)
        match operator, args:
            case ("and" | "or", [_, *_]):
                inner = [self.condition(each, denied=denied) for each in args]
                return _joined(_DUAL[operator] if denied else operator, inner)
            case ("not", [inner]):
                return self.condition(inner, denied=not denied)
            case ("between", [value, low, high]):
                pair = [{"op": ">=", "args": [value, low]}, {"op": "<=", "args": [value, high]}]
                return self.condition({"op": "and", "args": pair}, denied=denied)
            case ("in", [value, [_, *_] as values]) if not self._is_list(value):
                each = [{"op": "=", "args": [value, one]} for one in values]
                return self.condition({"op": "or", "args": each}, denied=denied)
            case (_, [left, right]) if operator in COMPARISONS:
                return self._comparison(COMPARISONS[operator] if denied else operator, left, right)
        made = self._single(operator, args)
        return {"op": "not", "args": [made]} if denied else made

    def _single(self, operator: str, args: list[Any]) -> Node:
        match operator, args:
            case ("isnull", [value]):
                return {"op": "isNull", "args": [self._operand(value)]}
            case ("like", [value, str() | dict() as pattern]):
                return {"op": "like", "args": [self._text(value), self._operand(pattern)]}
            case (_, [value, values]) if operator in ARRAYS:
                return {"op": operator, "args": [self._array(value), _texts(values)]}
            case ("in", [value, [_, *_] as values]):  # a list is in none; what is meant is one of its texts
                return {"op": "a_overlaps", "args": [self._array(value), _texts(values)]}
            case (_, [left, right]) if operator in SPATIAL:
                return _spatial(operator, self._place(left), self._place(right))
            case (_, [left, right]) if operator in TEMPORAL:
                return {"op": operator, "args": [self._time(left), self._time(right)]}
        raise _unknown(operator, args)

    def _comparison(self, operator: str, left: Any, right: Any) -> Node:
        if _is_property(right) and not _is_property(left) and not _is_call(left):
            left, right, operator = right, left, _MIRRORED[operator]
        if _is_property(left) and not _is_property(right) and not _is_call(right):
            found = self._lookup(left["property"])
            if found.kind == "texts" and operator in _UNORDERED:
                raise QueryError(f"{found.name} is a list: it has no order", remedy="Ask with a_contains or '='.")
            return {"op": operator, "args": [{"property": found.name}, literal(found, right, operator)]}
        return {"op": operator, "args": [self._operand(left), self._operand(right)]}

    def _operand(self, node: Any) -> Any:
        """Return a value, a property, or a calculation with them."""
        if _is_property(node):
            return {"property": self._lookup(node["property"]).name}
        if _is_call(node):
            operator, args = _parts(node)
            if operator in _ARITHMETIC | _CASES:
                return {"op": operator, "args": [self._operand(each) for each in args]}
            raise _unknown(operator, args)
        if isinstance(node, Mapping):
            return moment(node)
        if node is None:
            raise QueryError("nothing can be compared with null", remedy="Ask with isNull.")
        return node

    def _text(self, node: Any) -> Any:
        made = self._operand(node)
        if _is_property(made) and self._lookup(made["property"]).kind != "text":
            raise QueryError(f"{made['property']} is no text: 'like' has no meaning for it")
        return made

    def _is_list(self, node: Any) -> bool:
        return _is_property(node) and self._lookup(node["property"]).kind == "texts"

    def _array(self, node: Any) -> Node:
        if not self._is_list(node):
            raise QueryError(f"{str(node)[:80]!r} is not a property that is a list")
        return {"property": self._lookup(node["property"]).name}

    def _place(self, node: Any) -> Any:
        if not _is_property(node):
            return area(node)
        found = self._lookup(node["property"])
        if found.kind != "geometry":
            raise QueryError(f"{found.name} is no geometry")
        return {"property": found.name}

    def _time(self, node: Any) -> Any:
        if _is_property(node):
            found = self._lookup(node["property"])
            if found.kind != "time":
                raise QueryError(f"{found.name} is no time")
            return {"property": found.name}
        if isinstance(node, Mapping) and "interval" in node:
            ends = node["interval"]
            if isinstance(ends, Sequence) and not isinstance(ends, str):
                ends = [self._time(each) if _is_property(each) else each for each in ends]
            return interval(ends)
        return moment(node)


def _parts(node: Any) -> tuple[str, list[Any]]:
    args = node.get("args") if isinstance(node, Mapping) else None
    if not isinstance(args, Sequence) or isinstance(args, str):
        raise QueryError(
            f"{str(node)[:80]!r} is not a CQL2 expression", remedy='It has the form {"op": ..., "args": [...]}.'
        )
    operator = str(node.get("op", "")).lower()
    return _SYNONYMS.get(operator, operator), list(args)


def _joined(operator: str, parts: list[Node]) -> Node:
    flat = [each for part in parts for each in (part["args"] if part["op"] == operator else [part])]
    return flat[0] if len(flat) == 1 else {"op": operator, "args": flat}


def _spatial(operator: str, left: Any, right: Any) -> Node:
    """Put the property first: what contains it is what it lies within."""
    if _is_property(left) == _is_property(right):
        raise QueryError("a footprint is compared with an area", remedy="Write S_INTERSECTS(geometry, ...).")
    if _is_property(right) and not _is_property(left):
        turned = {"s_within": "s_contains", "s_contains": "s_within"}
        return {"op": turned.get(operator, operator), "args": [right, left]}
    return {"op": operator, "args": [left, right]}


def _texts(values: Any) -> list[str]:
    found = [values] if isinstance(values, str) else values
    if not isinstance(found, Sequence) or not found or not all(isinstance(each, str) for each in found):
        raise QueryError(f"{str(values)[:80]!r} is not a list of texts")
    return list(found)


def _is_property(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("property"), str)


def _is_call(node: Any) -> bool:
    return isinstance(node, Mapping) and "op" in node


def _unknown(operator: str, args: list[Any]) -> QueryError:
    return QueryError(f"a filter cannot ask {operator!r} of {len(args)} arguments", remedy=f"It knows {_OPERATORS}.")
