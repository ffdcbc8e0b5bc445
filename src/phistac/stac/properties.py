"""Every property that a search may name, with its type, and whether the catalogue can be asked for it.

What the catalogue cannot be asked for is checked on this side, on the Items. What neither the catalogue nor an Item has
is refused: a misspelled property would otherwise find nothing, silently.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from phistac.errors import QueryError
from phistac.odata.attributes import ATTRIBUTES
from phistac.stac.columns import columns, queryable_names
from phistac.stac.ids import item_id

if TYPE_CHECKING:
    from phistac.odata.attributes import AttributeRow
    from phistac.odata.converters import Converter
    from phistac.odata.filters import ValueType
    from phistac.stac.collections import Collection

__all__ = ["ALIASES", "Kind", "Property", "known", "properties"]

Kind: TypeAlias = Literal["text", "integer", "number", "time", "boolean", "texts", "geometry"]

_KINDS: dict[ValueType, Kind] = {
    "String": "text", "Integer": "integer", "Double": "number", "DateTimeOffset": "time", "Boolean": "boolean",
}  # fmt: skip
ALIASES = {"sar:relative_burst": "burst:relative_id"}
"""Properties that searches may name otherwise: no published schema allows ``sar:relative_burst`` in an Item."""

_EITHER: dict[str, Kind] = {
    "id": "text", "collection": "text", "geometry": "geometry", "platform": "text", "constellation": "text",
    "instruments": "texts",
    "sar:polarizations": "texts", "sar:beam_ids": "texts", "eopf:datatake_id": "text",
    "sat:platform_international_designator": "text", "sar:frequency_band": "text", "sar:center_frequency": "number",
}  # fmt: skip
_PRODUCTS: dict[str, Kind] = {
    "created": "time", "expires": "time", "eopf:origin_datetime": "time", "gsd": "number",
    "product:timeliness": "text", "product:timeliness_category": "text", "sar:observation_direction": "text",
    "odata:ContentLength": "integer", "odata:S3Path": "text",
    "sar:resolution_range": "number", "sar:resolution_azimuth": "number",
    "sar:pixel_spacing_range": "number", "sar:pixel_spacing_azimuth": "number",
}  # fmt: skip
_BURSTS: dict[str, Kind] = {
    "burst:id": "text", "burst:index": "integer", "burst:lines": "integer", "burst:samples": "integer",
    "burst:azimuth_time": "time", "burst:azimuth_anx_time": "number",
    "odata:ByteOffset": "integer", "odata:Lines": "integer", "odata:LinesPerBurst": "integer",
    "odata:SamplesPerBurst": "integer", "odata:AzimuthTime": "time", "odata:AzimuthAnxTime": "number",
    "odata:BeginningDateTime": "time", "odata:EndingDateTime": "time", "odata:S3Path": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """A property that a search may name."""

    name: str
    kind: Kind
    asked: tuple[str, ...]
    """Fields or attributes of the catalogue that stand for it; none where it is checked on this side."""
    converter: Converter | None = None
    """What reads and writes it, where one way does."""

    def canonical(self, value: Any) -> Any:
        """Return a value that records spell in several ways as Items have it."""
        if self.name == "id":
            return item_id(value)
        written = () if self.converter is None else self.converter.write(value)
        read = None if self.converter is None or not written else self.converter.read(written[0])
        return value if read is None else read


@cache
def properties(collection: Collection | None) -> dict[str, Property]:
    """Return what a collection (or, for ``None``, all products) can be searched by, by name."""
    bursts = collection is not None and collection.entity == "Bursts"
    found = {name: _property(name, collection) for name in queryable_names(collection)}
    for name, kind in {**_EITHER, **(_BURSTS if bursts else {**_PRODUCTS, **_read_only(collection)})}.items():
        found.setdefault(name, Property(name, kind, _SPECIAL.get(name, ())))
    if collection is not None and collection.odata not in {"SENTINEL-1", "SENTINEL-1-RTC", "GLOBAL-MOSAICS"}:
        found = {name: each for name, each in found.items() if each.asked or not name.startswith("sar:")}
    return found


def _read_only(collection: Collection | None) -> dict[str, Kind]:
    """Return what Items say by their name or by old records, for which the catalogue has no attribute."""
    if collection is None:
        return {}
    listed = any(collection.odata in row.collections for row in ATTRIBUTES)
    rows = [row for row in ATTRIBUTES if row.written and (not listed or _former(row, collection.odata))]
    named: dict[str, Kind] = {"sat:orbit_cycle": "integer"} if collection.odata == "SENTINEL-6" else {}
    return {row.stac: _KINDS[row.type] for row in rows} | named


def _former(row: AttributeRow, odata: str) -> bool:
    return odata in row.collections and not row.operators


_SPECIAL = {"id": ("Name",), "collection": ("Collection/Name",), "geometry": ("Footprint",)}


def _property(name: str, collection: Collection | None) -> Property:
    if name == "burst:id":
        return Property(name, "text", ("BurstId", "SwathIdentifier"))
    ways = columns(name, collection)
    kind = _EITHER.get(name) or _KINDS[ways[0].type]
    converters = {way.converter for way in ways}
    one = converters.pop() if len(converters) == 1 and name != "platform" and kind in {"text", "texts"} else None
    return Property(name, kind, tuple(dict.fromkeys(way.name for way in ways)), one)


def known(name: str, collection: Collection | None) -> Property:
    """Return a property by the name that a search gives it.

    Raises
    ------
    QueryError
        If neither the catalogue nor an Item of the collection has it; names what is nearly called so.

    Examples
    --------
    >>> known("properties.eo:cloud_cover", None).asked
    ('cloudCover',)
    """
    plain = name.removeprefix("properties.")
    plain = ALIASES.get(plain, plain)
    table = properties(collection)
    if plain in table:
        return table[plain]
    if plain.startswith("burst:") and "burst:id" not in table:
        raise QueryError(
            f"products cannot be searched by {plain!r}", remedy="Search collections=['sentinel-1-slc-burst']."
        )
    where = "products" if collection is None else collection.id
    near = [each for each in table if each.rpartition(":")[2].lower() == plain.rpartition(":")[2].lower()]
    near = near or difflib.get_close_matches(plain, table, n=1, cutoff=0.75)
    hint = f"Did you mean {near[0]}?" if near else "Its queryables list what it can be searched by."
    raise QueryError(f"{where} cannot be searched by {plain!r}", remedy=hint)
