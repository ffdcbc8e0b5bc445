"""Comparisons of properties as conditions of the catalogue, in the type and the spelling that it insists on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.odata.filters import Attribute, Comparison, Expression
from phistac.odata.times import instant
from phistac.stac.columns import columns
from phistac.stac.missions import TIMELINESS

if TYPE_CHECKING:
    from phistac.odata.filters import Operator
    from phistac.stac.collections import Collection
    from phistac.stac.columns import Column

__all__ = ["alternatives"]

_LARGEST = 2**63


def alternatives(
    name: str, operator: Operator, value: Any, collection: Collection | None
) -> tuple[Expression, ...] | None:
    """Return the conditions of which one holds where a property compares so with a value.

    Parameters
    ----------
    name : str
        A property that :func:`columns` knows, or not.
    operator : str
        ``eq``, ``lt``, ``le``, ``gt`` or ``ge``.
    value : str, int, float, bool, datetime or list
        As an Item has it.
    collection : Collection, optional
        ``None`` for a search of all products.

    Returns
    -------
    tuple of Expression, or None
        Empty where no record can have the value; ``None`` where the catalogue cannot be asked: it has no such field,
        or knows no order among texts.

    Raises
    ------
    QueryError
        If the value is of another type than the property.
    """
    usable = [column for column in columns(name, collection) if operator in column.operators]
    if not usable or (isinstance(value, int | float) and abs(value) >= _LARGEST):
        return None
    if name == "product:timeliness_category" and value not in TIMELINESS:
        return ()  # no Item has another one
    conditions = [
        _condition(column, *_cast(name, column, operator, each), collection)
        for column in usable
        for each in _write(name, column, value)
        if operator != "eq" or not isinstance(each, int | float) or column.converter.within(each)
    ]
    return tuple(dict.fromkeys(conditions))


def _write(name: str, column: Column, value: Any) -> tuple[Any, ...]:
    try:
        return column.converter.write(value)
    except (AttributeError, TypeError) as error:
        raise QueryError(f"{name} cannot be compared with {value!r}") from error


def _cast(name: str, column: Column, operator: Operator, value: Any) -> tuple[Operator, Any]:
    """Give a value the type that the catalogue insists on; CQL2 makes every number a float."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match column.type:
        case "Integer" if number and operator in {"lt", "le"}:
            return ("le", math.floor(value)) if value != int(value) else (operator, int(value))
        case "Integer" if number and operator in {"gt", "ge"}:
            return ("ge", math.ceil(value)) if value != int(value) else (operator, int(value))
        case "Integer" if number and value == int(value):
            return operator, int(value)
        case "Double" if number:
            return operator, float(value)
        case "DateTimeOffset" if isinstance(value, str):
            return operator, instant(value)
        case "String" if not isinstance(value, str):
            raise QueryError(f"{name} is text, {value!r} is not")
        case "Integer":
            raise QueryError(f"{name} is a whole number, {value!r} is not")
        case "Double":
            raise QueryError(f"{name} is a number, {value!r} is not")
    return operator, value


def _bounded(column: Column, operator: Operator, value: Any) -> Expression:
    """Leave out values beyond what Items have: records fill in -1, 0 or 120 for what they do not know."""
    least, most = column.converter.least, column.converter.most
    down = operator in {"lt", "le"}
    near, far = (most, least) if down else (least, most)
    toward: Operator = "le" if down else "ge"
    away: Operator = "ge" if down else "le"
    cast = int if column.type == "Integer" else float
    if near is not None and (value > near if down else value < near):
        operator, value = toward, cast(near)
    made = Attribute(column.name, column.type, operator, value)
    return made if far is None else Attribute(column.name, column.type, away, cast(far)) & made


def _condition(column: Column, operator: Operator, value: Any, collection: Collection | None) -> Expression:
    if not column.attribute:
        return Comparison(column.name, operator, value)
    plain = operator == "eq" or (column.converter.least is None and column.converter.most is None)
    made = Attribute(column.name, column.type, operator, value) if plain else _bounded(column, operator, value)
    if column.collection and collection is None:
        return Comparison("Collection/Name", "eq", column.collection) & made
    return made
