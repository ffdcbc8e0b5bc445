"""The part of a filter that the catalogue cannot be asked, checked on Items.

As in SQL and CQL2, what is said of a property that is missing is neither true nor false: ``None`` here. Only what is
true is selected; the opposite of unknown is unknown.
"""

from __future__ import annotations

import operator as op
import unicodedata
from typing import TYPE_CHECKING, Any, TypeAlias

from phistac.errors import QueryError
from phistac.odata.times import instant
from phistac.stac.collections import members
from phistac.stac.normal import ARRAYS, COMPARISONS, SPATIAL, TEMPORAL
from phistac.stac.patterns import like
from phistac.stac.relations import spatial, temporal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phistac.stac.normal import Node

__all__ = ["Check", "checker", "document"]

Truth: TypeAlias = "bool | None"
Check: TypeAlias = "Callable[[Mapping[str, Any]], Truth]"
"""From an Item (a dict) to whether it is selected; ``None`` is unknown, hence no."""
_Value: TypeAlias = "Callable[[Mapping[str, Any]], Any]"

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": op.eq, "<>": op.ne, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge,
}  # fmt: skip
_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv, "%": op.mod, "div": op.floordiv, "^": op.pow,
}  # fmt: skip
_SETS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "a_contains": op.ge, "a_containedby": op.le, "a_equals": op.eq, "a_overlaps": lambda one, other: bool(one & other),
}  # fmt: skip
_MEMBERS = ("id", "collection", "geometry")


def checker(node: Node) -> Check:
    """Return what decides whether an Item is selected.

    Parameters
    ----------
    node : dict
        A filter in the form of :func:`phistac.stac.normal.normal`, or a part of one.

    Examples
    --------
    >>> check = checker({"op": "<", "args": [{"property": "eo:cloud_cover"}, 10]})
    >>> check({"properties": {"eo:cloud_cover": 5.0}}), check({"properties": {}})
    (True, None)
    """
    operator, args = node["op"], node["args"]
    if operator in {"and", "or"}:
        return _joined([checker(each) for each in args], decisive=operator == "or")
    if operator == "not":
        return _denied(checker(args[0]))
    return _single(operator, args)


def _single(operator: str, args: list[Any]) -> Check:
    if operator in SPATIAL:
        return spatial(operator, args[1])
    if operator in TEMPORAL:
        return temporal(operator, _value, *args)
    if operator in COMPARISONS:
        return _comparison(operator, *args)
    return _test(operator, args)


def _test(operator: str, args: list[Any]) -> Check:
    if operator == "isNull":
        value = _value(args[0])
        return lambda item: value(item) is None
    if operator in ARRAYS:
        return _both(lambda left, right: _SETS[operator](set(left), set(right)), args)
    if operator == "like":
        fixed = like(args[1]) if isinstance(args[1], str) else None
        return _both(lambda text, pattern: (fixed or like(str(pattern))).fullmatch(str(text)) is not None, args)
    raise QueryError(f"{operator!r} cannot be checked")


def document(item: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is checked: an Item with what its record says besides, as ``odata:<field or attribute>``."""
    said = {each["Name"]: each["Value"] for each in row.get("Attributes") or ()}
    said |= {name: value for name, value in row.items() if isinstance(value, str | int | float) and name[0] != "@"}
    properties = {f"odata:{name}": value for name, value in said.items()}
    return {**item, "properties": {**properties, **item["properties"]}}


def _joined(checks: list[Check], *, decisive: bool) -> Check:
    def check(item: Mapping[str, Any]) -> Truth:
        unknown = False
        for each in checks:
            found = each(item)
            if found is decisive:
                return decisive
            unknown = unknown or found is None
        return None if unknown else not decisive

    return check


def _denied(inner: Check) -> Check:
    def check(item: Mapping[str, Any]) -> Truth:
        found = inner(item)
        return None if found is None else not found

    return check


def _both(decide: Callable[[Any, Any], Truth], args: list[Any]) -> Check:
    left, right = (_value(each) for each in args)

    def check(item: Mapping[str, Any]) -> Truth:
        first, second = left(item), right(item)
        return None if first is None or second is None else decide(first, second)

    return check


def _comparison(operator: str, left: Any, right: Any) -> Check:
    if left == {"property": "collection"} and isinstance(right, str) and operator in {"=", "<>"}:
        return _membership(members(right), wanted=operator == "=")
    compare = _COMPARE[operator]
    typed = any(not isinstance(each, dict) or "timestamp" in each for each in (left, right))

    def decide(first: Any, second: Any) -> Truth:
        if isinstance(first, list) and isinstance(second, list):
            first, second = sorted(first), sorted(second)
        try:
            return compare(*_alike(first, second))
        except TypeError as error:
            if typed:  # a value of the filter has the type of its property: the record has a text for a number
                return None
            raise QueryError(f"{first!r} and {second!r} cannot be compared with {operator!r}") from error

    return _both(decide, [left, right])


def _membership(collections: frozenset[str], *, wanted: bool) -> Check:
    def check(item: Mapping[str, Any]) -> Truth:
        named = item.get("collection")
        return None if named is None else (named in collections) == wanted

    return check


def _alike(first: Any, second: Any) -> tuple[Any, Any]:
    """Return two values as ones that compare: a time of an Item is text."""
    if hasattr(first, "tzinfo") and isinstance(second, str):
        return first, instant(second)
    if hasattr(second, "tzinfo") and isinstance(first, str):
        return instant(first), second
    return first, second


def _value(node: Any) -> _Value:
    """Return what reads an operand from an Item."""
    match node:
        case {"property": str(name)}:
            return _reader(name)
        case {"timestamp": str(text)}:
            at = instant(text)
            return lambda _: at
        case {"op": str(operator), "args": [*args]}:
            return _called(operator, [_value(each) for each in args])
    return lambda _: node


def _called(operator: str, args: list[_Value]) -> _Value:
    match operator, args:
        case "casei", [inner]:
            return _mapped(inner, lambda text: str(text).casefold())
        case "accenti", [inner]:
            return _mapped(inner, _without_accents)
        case _, [left, right] if operator in _CALCULATE:
            return _calculated(operator, left, right)
    raise QueryError(f"{operator!r} of {len(args)} values is not a value")


def _reader(name: str) -> _Value:
    if name in _MEMBERS:
        return lambda item: item.get(name)
    return lambda item: item["properties"].get(name)


def _mapped(value: _Value, change: Callable[[Any], Any]) -> _Value:
    def read(item: Mapping[str, Any]) -> Any:
        found = value(item)
        return None if found is None else change(found)

    return read


def _calculated(operator: str, left: _Value, right: _Value) -> _Value:
    def read(item: Mapping[str, Any]) -> Any:
        first, second = left(item), right(item)
        if first is None or second is None:
            return None
        try:
            return _CALCULATE[operator](first, second)
        except (TypeError, ArithmeticError) as error:
            raise QueryError(f"{first!r} {operator} {second!r} cannot be calculated ({error})") from error

    return read


def _without_accents(text: Any) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", str(text)) if not unicodedata.combining(each))
