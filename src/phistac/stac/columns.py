"""What of an Item a search can be narrowed by in the catalogue, per collection: STAC property -> field or attribute.

Products are asked by the crosswalk of :mod:`phistac.odata.attributes`, bursts by the plain fields of their rows. The
same columns make the queryables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.odata.attributes import ATTRIBUTES, by_property
from phistac.odata.converters import Converter, converters_of
from phistac.odata.filters import Attribute, Comparison, Expression, any_of
from phistac.odata.times import instant
from phistac.stac.burst_ids import burst_key

if TYPE_CHECKING:
    from phistac.odata.filters import Operator, ValueType
    from phistac.stac.collections import Collection

__all__ = ["Column", "columns", "compare", "queryable_names"]

_ORDERED: tuple[Operator, ...] = ("eq", "lt", "le", "gt", "ge")
_EQUAL: tuple[Operator, ...] = ("eq",)


@dataclass(frozen=True)
class Column:
    """One way to ask the catalogue for a property."""

    name: str
    type: ValueType
    converter: Converter
    operators: tuple[Operator, ...]
    attribute: bool
    """Whether it is an attribute, which is asked by lambda, or a field of the row."""


def _field(name: str, kind: ValueType, converter: str = "identity") -> Column:
    operators = _EQUAL if kind in {"String", "Boolean"} else _ORDERED
    return Column(name, kind, converters_of[converter], operators, attribute=False)


_UPPER = Converter(read=str.lower, write=lambda value: (str(value).upper(),))
_UNIT = Converter(read=str.lower, write=lambda value: _unit(str(value)))
_ONE = Converter(
    read=lambda value: [value], write=lambda value: (value,) if isinstance(value, str) else tuple(value[:1])
)
_ONE_BEAM = Converter(
    read=lambda value: [value.lower()], write=lambda value: tuple(each.upper() for each in _ONE.write(value))
)


def _unit(platform: str) -> tuple[str, ...]:
    """Take the unit off a platform: ``sentinel-1a`` -> ``A``."""
    match = re.fullmatch(r"sentinel-\d([a-d])", platform)
    return (match.group(1).upper(),) if match else ()


_TIMES = {
    "datetime": _field("ContentDate/Start", "DateTimeOffset", "time"),
    "start_datetime": _field("ContentDate/Start", "DateTimeOffset", "time"),
    "end_datetime": _field("ContentDate/End", "DateTimeOffset", "time"),
}
_PRODUCT = {
    **_TIMES,
    "published": _field("PublicationDate", "DateTimeOffset", "time"),
    "updated": _field("ModificationDate", "DateTimeOffset", "time"),
    "odata:Online": _field("Online", "Boolean"),
    "platform": Column("platformSerialIdentifier", "String", _UNIT, _EQUAL, attribute=True),
}
_BURST = {
    **_TIMES,
    "platform": Column("PlatformSerialIdentifier", "String", _UNIT, _EQUAL, attribute=False),
    "product:type": _field("ParentProductType", "String"),
    "sat:orbit_state": Column("OrbitDirection", "String", _UPPER, _EQUAL, attribute=False),
    "sat:relative_orbit": _field("RelativeOrbitNumber", "Integer"),
    "sar:instrument_mode": _field("OperationalMode", "String"),
    "sar:polarizations": Column("PolarisationChannels", "String", _ONE, _EQUAL, attribute=False),
    "sar:beam_ids": Column("SwathIdentifier", "String", _ONE_BEAM, _EQUAL, attribute=False),
    "eopf:datatake_id": _field("DatatakeID", "Integer", "text"),
    "burst:relative_id": _field("BurstId", "Integer"),
    "sar:relative_burst": _field("BurstId", "Integer"),  # accepted, never written: no published schema has it
    "burst:absolute_id": _field("AbsoluteBurstId", "Integer"),
    "burst:swath": Column("SwathIdentifier", "String", _UPPER, _EQUAL, attribute=False),
    "odata:ParentProductName": _field("ParentProductName", "String"),
    "odata:ParentProductId": _field("ParentProductId", "String"),
}


@cache
def columns(name: str, collection: Collection | None) -> tuple[Column, ...]:
    """Return the ways to ask for a property; none where the catalogue cannot be asked.

    Parameters
    ----------
    name : str
        A STAC property, or ``odata:<attribute>``.
    collection : Collection, optional
        ``None`` for a search of all collections.
    """
    if collection is not None and collection.entity == "Bursts":
        return (_BURST[name],) if name in _BURST else ()
    if name in _PRODUCT:
        return (_PRODUCT[name],)
    rows = by_property(name, None if collection is None else collection.odata)
    return tuple(Column(row.odata, row.type, row.converter, row.operators, attribute=True) for row in rows)


def queryable_names(collection: Collection | None) -> tuple[str, ...]:
    """Return the properties that a collection can be searched by."""
    if collection is not None and collection.entity == "Bursts":
        return ("burst:id", *_BURST)
    asked = (row for row in ATTRIBUTES if row.operators)
    rows = (row.stac for row in asked if collection is None or collection.odata in row.collections)
    return tuple(dict.fromkeys((*_PRODUCT, *rows)))


def compare(name: str, operator: Operator, value: Any, collection: Collection | None) -> Expression:
    """Return the condition that a property compares so with a value.

    Raises
    ------
    QueryError
        If the catalogue cannot be asked that: no such property here, no order among texts, a value of another type.
    """
    if name == "burst:id" and collection is not None and collection.entity == "Bursts":
        return _burst_id(operator, value)
    found = columns(name, collection)
    where = "all collections" if collection is None else collection.id
    if not found:
        near = [each for each in queryable_names(collection) if each.rpartition(":")[2] == name.rpartition(":")[2]]
        hint = f"Did you mean {near[0]}?" if near else "Its queryables list what it can be asked for."
        raise QueryError(f"{where} cannot be searched by {name!r}", remedy=hint)
    usable = [column for column in found if operator in column.operators]
    if not usable:
        raise QueryError(f"{name} is text: the catalogue knows no order of it", remedy="Compare it with '='.")
    written = [
        _condition(column, operator, _cast(name, column, each))
        for column in usable
        for each in _write(name, column, value)
    ]
    if not written:
        raise QueryError(f"no record can have {name} = {value!r}", remedy="Check how the value is written.")
    return any_of(written)


def _burst_id(operator: Operator, value: Any) -> Expression:
    if operator != "eq" or not isinstance(value, str):
        raise QueryError("burst:id is text: the catalogue knows no order of it", remedy="Compare it with '='.")
    key = burst_key(value)
    return Comparison("BurstId", "eq", key.number) & Comparison("SwathIdentifier", "eq", key.swath)


def _write(name: str, column: Column, value: Any) -> tuple[Any, ...]:
    try:
        return column.converter.write(value)
    except (AttributeError, TypeError) as error:
        raise QueryError(f"{name} cannot be compared with {value!r}") from error


def _cast(name: str, column: Column, value: Any) -> Any:
    """Give a value the type that the catalogue insists on; CQL2 makes every number a float."""
    match column.type:
        case "Integer" if isinstance(value, float) and value.is_integer():
            return int(value)
        case "Double" if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        case "DateTimeOffset" if isinstance(value, str):
            return instant(value)
        case "String" if not isinstance(value, str):
            raise QueryError(f"{name} is text, {value!r} is not")
        case "Integer" if not isinstance(value, int) or isinstance(value, bool):
            raise QueryError(f"{name} is a whole number, {value!r} is not")
    return value


def _condition(column: Column, operator: Operator, value: Any) -> Expression:
    if column.attribute:
        return Attribute(column.name, column.type, operator, value)
    return Comparison(column.name, operator, value)
