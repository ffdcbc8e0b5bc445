"""What of an Item the catalogue can be asked for, per collection: STAC property -> field or attribute.

Products are asked by the crosswalk of :mod:`phistac.odata.attributes`, bursts by the plain fields of their rows. The
same columns make the queryables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from phistac.odata.attributes import ATTRIBUTES, by_property
from phistac.odata.converters import Converter, converters_of

if TYPE_CHECKING:
    from phistac.odata.attributes import AttributeRow
    from phistac.odata.filters import Operator, ValueType
    from phistac.stac.collections import Collection

__all__ = ["Column", "columns", "queryable_names"]

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
    collection: str = ""
    """The OData collection to name beside it, where the value alone would find other missions too."""
    loose: bool = False
    """Whether records that have the value may be of Items that do not."""


def _field(name: str, kind: ValueType, converter: str = "identity") -> Column:
    return _column(name, kind, converters_of[converter])


def _column(name: str, kind: ValueType, converter: Converter, *, attribute: bool = False) -> Column:
    operators = _EQUAL if kind in {"String", "Boolean"} else _ORDERED
    return Column(name, kind, converter, operators, attribute=attribute)


_UPPER = Converter(read=str.lower, write=lambda value: (str(value).upper(),))
_ONE = Converter(
    read=lambda value: [value], write=lambda value: (value,) if isinstance(value, str) else _only(tuple(value))
)
_ONE_BEAM = Converter(
    read=lambda value: [value.lower()], write=lambda value: tuple(each.upper() for each in _ONE.write(value))
)
_UNIT = Converter(read=str.lower, write=lambda value: _unit(str(value)))


def _only(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the one value: a burst has one swath and one polarization, none has two."""
    return values if len(values) == 1 else ()


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
    "odata:Name": _field("Name", "String"),
    "odata:Online": _field("Online", "Boolean"),
}
_BURST_TEXTS = (
    *("Name", "ParentProductName", "ParentProductId", "ParentProductType", "PolarisationChannels", "OperationalMode"),
    *("SwathIdentifier", "OrbitDirection", "PlatformSerialIdentifier"),
)
_BURST_NUMBERS = ("BurstId", "AbsoluteBurstId", "RelativeOrbitNumber", "DatatakeID")
_BURST = {
    **_TIMES,
    "platform": _column("PlatformSerialIdentifier", "String", _UNIT),
    "product:type": _field("ParentProductType", "String"),
    "sat:orbit_state": _column("OrbitDirection", "String", _UPPER),
    "sat:relative_orbit": _field("RelativeOrbitNumber", "Integer"),
    "sar:instrument_mode": _field("OperationalMode", "String"),
    "sar:polarizations": _column("PolarisationChannels", "String", _ONE),
    "sar:beam_ids": _column("SwathIdentifier", "String", _ONE_BEAM),
    "eopf:datatake_id": replace(_field("DatatakeID", "Integer", "text"), operators=_EQUAL),  # Items have it as text
    "burst:relative_id": _field("BurstId", "Integer"),
    "burst:absolute_id": _field("AbsoluteBurstId", "Integer"),
    "burst:swath": _column("SwathIdentifier", "String", _UPPER),
    **{f"odata:{name}": _field(name, "String") for name in _BURST_TEXTS},
    **{f"odata:{name}": _field(name, "Integer") for name in _BURST_NUMBERS},
}
# What Items of a collection do not carry though their records have the attribute: see phistac.stac.items.
_TWINS_OWN = frozenset({"processing:facility", "processing:version"})
_PARTLY = "eopf:datastrip_id"
"""Records of 2023 have it under a name that the catalogue refuses to be asked by: it is checked on the Items."""
_NOT_OF_ALL = _TWINS_OWN | {"sar:beam_ids"}
"""What some Items of Sentinel-1 leave out."""

# Items of Sentinel-2 name it as the facility where the record has no processing centre.
_ORIGIN = Column("origin", "String", converters_of["identity"], _EQUAL, attribute=True, loose=True)


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
    if name == "platform":
        return _platform(None if collection is None else collection.odata)
    if name in _PRODUCT:
        return (_PRODUCT[name],)
    if collection is not None and _withheld(name, collection):
        return ()
    odata = None if collection is None else collection.odata
    rows = by_property(name, odata) or _raw(name, odata)
    if name == _PARTLY and odata in {None, "SENTINEL-2"}:
        return ()
    loose = name in _NOT_OF_ALL and (collection is None or (collection.wide and odata == "SENTINEL-1"))
    made = [Column(row.odata, row.type, row.converter, row.operators, attribute=True, loose=loose) for row in rows]
    if name == "processing:facility" and (collection is None or collection.odata == "SENTINEL-2"):
        made.append(_ORIGIN)
    return tuple(dict.fromkeys(each for each in made if each.operators))


def _raw(name: str, odata: str | None) -> tuple[AttributeRow, ...]:
    """Return an attribute that has a STAC name as it is in the records, without conversion: ``odata:productType``."""
    found = (row for row in ATTRIBUTES if f"odata:{row.odata}" == name and (odata is None or odata in row.collections))
    kept = "identity", "time"
    return tuple(replace(row, converter=converters_of[kept[row.type == "DateTimeOffset"]]) for row in found)


def _withheld(name: str, collection: Collection) -> bool:
    if collection.id == "sentinel-1-grd":
        return name in _TWINS_OWN or name == "sar:beam_ids"
    narrow = collection.odata == "SENTINEL-1" and not collection.wide
    return name == "sar:beam_ids" and narrow and not collection.id.startswith("sentinel-1-slc")


_SINGLE = {"SENTINEL-5P": "sentinel-5p", "LANDSAT-5": "landsat-5", "LANDSAT-7": "landsat-7",
           "LANDSAT-8": "landsat-8", "LANDSAT-9": "landsat-9", "ENVISAT": "envisat"}  # fmt: skip


def _unit_of(digit: str) -> Converter:
    """Return how platforms of one mission are written: one letter each, so the mission may have to be named too."""
    return Converter(
        read=str.lower, write=lambda value: _unit(str(value)) if str(value).startswith(f"sentinel-{digit}") else ()
    )


_UNITS = {f"SENTINEL-{digit}": _unit_of(digit) for digit in "1236"}


def _platform(odata: str | None) -> tuple[Column, ...]:
    """Return how a platform is asked for: by its unit and mission, or by mission alone where it has one satellite."""
    units = (
        Column("platformSerialIdentifier", "String", converter, _EQUAL, attribute=True, collection=mission)
        for mission, converter in _UNITS.items()
    )
    alone = (
        Column("Collection/Name", "String", _constant(platform, mission), _EQUAL, attribute=False, collection=mission)
        for mission, platform in _SINGLE.items()
    )
    return tuple(each for each in (*units, *alone) if odata in {None, each.collection})


def _constant(stac: str, odata: str) -> Converter:
    return Converter(read=lambda _: stac, write=lambda value: (odata,) if value == stac else ())


def queryable_names(collection: Collection | None) -> tuple[str, ...]:
    """Return the properties that the catalogue can be asked for in a collection."""
    if collection is not None and collection.entity == "Bursts":
        return ("burst:id", *_BURST)
    named = (*_PRODUCT, "platform", *(row.stac for row in ATTRIBUTES), *(f"odata:{row.odata}" for row in ATTRIBUTES))
    return tuple(dict.fromkeys(name for name in named if columns(name, collection)))
