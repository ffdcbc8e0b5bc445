"""Filter expressions as values, and the one renderer that turns them into ``$filter``.

Escaping lives here and nowhere else: quotes are doubled; ``&``, ``+`` and what is not ASCII are left to the encoding of
the URL; times are unquoted UTC. ``in`` and ``ne`` are never written, the service knows neither.

Examples
--------
>>> expression = Comparison("Collection/Name", "eq", "SENTINEL-1") & Attribute("orbitNumber", "Integer", "ge", 60732)
>>> print(render(expression))
Collection/Name eq 'SENTINEL-1' and Attributes/OData.CSC.IntegerAttribute/any(att:att/Name eq 'orbitNumber' and att/OData.CSC.IntegerAttribute/Value ge 60732)
"""  # noqa: E501 - one filter, shown as it is sent

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

import shapely

from phistac.errors import GeometryError, QueryError
from phistac.odata.times import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

__all__ = [
    "All",
    "Any_",
    "Attribute",
    "Comparison",
    "Expression",
    "Intersects",
    "NamePattern",
    "Not",
    "Operator",
    "ValueType",
    "all_of",
    "any_of",
    "fields_of",
    "intersects",
    "render",
]

Operator: TypeAlias = Literal["eq", "lt", "le", "gt", "ge"]
ValueType: TypeAlias = Literal["String", "Integer", "Double", "DateTimeOffset", "Boolean"]
Value: TypeAlias = str | int | float | bool | datetime

_PYTHON: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Double": (int, float),
    "DateTimeOffset": (datetime,),
    "Boolean": (bool,),
}
_LINE_HALF_WIDTH = 1e-7
_EQUALITY_ONLY = frozenset({"String", "Boolean"})


class Expression:
    """A condition on a record; ``&``, ``|`` and ``~`` combine conditions."""

    __slots__ = ()

    def __and__(self, other: Expression) -> Expression:
        return all_of((self, other))

    def __or__(self, other: Expression) -> Expression:
        return any_of((self, other))

    def __invert__(self) -> Expression:
        return self.operand if isinstance(self, Not) else Not(self)


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """A plain field of the record against a value, such as ``ContentDate/Start ge 2024-01-01T00:00:00.000000Z``."""

    field: str
    operator: Operator
    value: Value

    def __post_init__(self) -> None:
        if not self.field.replace("/", "").isalnum():
            raise QueryError(f"{self.field!r} is not a field of the catalogue")


@dataclass(frozen=True, slots=True)
class Attribute(Expression):
    """An attribute of the record against a value; its type must be the catalogue's own, or nothing is found."""

    name: str
    type: ValueType
    operator: Operator
    value: Value

    def __post_init__(self) -> None:
        numeric_bool = isinstance(self.value, bool) and self.type != "Boolean"
        if numeric_bool or not isinstance(self.value, _PYTHON[self.type]):
            raise QueryError(f"the attribute {self.name} is of type {self.type}, {self.value!r} is not")
        if self.operator != "eq" and self.type in _EQUALITY_ONLY:
            raise QueryError(
                f"the attribute {self.name} is of type {self.type}",
                remedy=f"The catalogue compares {self.type} attributes with 'eq' only.",
            )


@dataclass(frozen=True, slots=True)
class NamePattern(Expression):
    """The name of the record starts with, ends with or contains a text."""

    function: Literal["startswith", "endswith", "contains"]
    text: str


@dataclass(frozen=True, slots=True)
class Intersects(Expression):
    """The footprint of the record meets a geometry, given as WKT in EPSG:4326. :func:`intersects` makes one."""

    wkt: str


@dataclass(frozen=True, slots=True)
class All(Expression):
    """Every one of these. Made by ``&``; two at least, none of them an ``All``."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any_(Expression):  # noqa: N801 - `Any` means something else to every reader of Python
    """At least one of these. Made by ``|``; two at least, none of them an ``Any_``."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Expression):
    """Not this one."""

    operand: Expression


def all_of(operands: Iterable[Expression]) -> Expression:
    """Join conditions with ``and``, flattened and without repetition.

    Raises
    ------
    QueryError
        If there are none.
    """
    flat = [part for each in operands for part in (each.operands if isinstance(each, All) else (each,))]
    return _joined(flat, All)


def any_of(operands: Iterable[Expression]) -> Expression:
    """Join conditions with ``or``, flattened and without repetition.

    Raises
    ------
    QueryError
        If there are none.
    """
    flat = [part for each in operands for part in (each.operands if isinstance(each, Any_) else (each,))]
    return _joined(flat, Any_)


def fields_of(expression: Expression) -> frozenset[str]:
    """Return the plain fields that an expression compares.

    Examples
    --------
    >>> sorted(fields_of(Comparison("Name", "eq", "X") & ~Comparison("Online", "eq", True)))
    ['Name', 'Online']
    """
    match expression:
        case Comparison(field, _, _):
            return frozenset({field})
        case Not(operand):
            return fields_of(operand)
        case All(operands) | Any_(operands):
            return frozenset().union(*(fields_of(each) for each in operands))
    return frozenset()


def _joined(flat: list[Expression], kind: type[All | Any_]) -> Expression:
    unique = tuple(dict.fromkeys(flat))
    if not unique:
        raise QueryError("a filter of no conditions has no meaning")
    return unique[0] if len(unique) == 1 else kind(unique)


def intersects(geometry: BaseGeometry) -> Expression:
    """Return the condition that a footprint meets a geometry.

    The service documents POLYGON, MULTIPOLYGON and POINT. Sets of anything else become alternatives, and a line a
    polygon around it, a ten-millionth of a degree (1 cm) to each side.

    Parameters
    ----------
    geometry : shapely.geometry.base.BaseGeometry
        Longitude and latitude in degrees, EPSG:4326; rings are closed by shapely.

    Raises
    ------
    GeometryError
        If it is empty.
    """
    if geometry.is_empty:
        raise GeometryError("the area is empty")
    if geometry.geom_type in {"GeometryCollection", "MultiPoint", "MultiLineString"}:
        return any_of(intersects(part) for part in shapely.get_parts(geometry))
    if geometry.geom_type in {"LineString", "LinearRing"}:
        return intersects(shapely.buffer(geometry, _LINE_HALF_WIDTH, cap_style="square", join_style="mitre"))
    return Intersects(shapely.to_wkt(shapely.force_2d(geometry), rounding_precision=-1))


def render(expression: Expression) -> str:
    """Return the text of ``$filter``, not yet encoded for a URL."""
    return _render(expression, nested=False)


def _render(expression: Expression, *, nested: bool) -> str:  # noqa: PLR0911 - one return per kind of node
    match expression:
        case Comparison(field, operator, value):
            return f"{field} {operator} {_literal(value)}"
        case Attribute(name, kind, operator, value):
            path = f"OData.CSC.{kind}Attribute"
            condition = f"att/Name eq {_literal(name)} and att/{path}/Value {operator} {_literal(value)}"
            return f"Attributes/{path}/any(att:{condition})"
        case NamePattern(function, pattern):
            return f"{function}(Name,{_literal(pattern)})"
        case Intersects(wkt):
            return f"OData.CSC.Intersects(area=geography'SRID=4326;{wkt}')"
        case Not(operand):
            return f"not ({_render(operand, nested=False)})"
        case All(operands):
            inner = " and ".join(_render(each, nested=True) for each in operands)
            return f"({inner})" if nested else inner
        case Any_(operands):
            inner = " or ".join(_render(each, nested=True) for each in operands)
            return f"({inner})" if nested else inner
    raise QueryError(f"{type(expression).__name__} is not a filter")


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise QueryError(f"{value!r} cannot be compared with in the catalogue")
    # Positional and exact: the service has never been seen to take 1e-05.
    return format(Decimal(repr(value)), "f")
