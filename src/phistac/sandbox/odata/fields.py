"""What can be asked of each entity set: fields, their types and operators, what sorts, what expands, what selects.

The SQL schema is made from the same tables: one column per field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["BURSTS", "DELETED", "ENTITIES", "EQUAL", "ORDERED", "PRODUCTS", "Entity", "Field", "Kind", "Order"]

Kind = Literal["string", "id", "integer", "boolean", "time"]

EQUAL = frozenset({"eq"})
ORDERED = frozenset({"eq", "lt", "le", "gt", "ge"})


@dataclass(frozen=True, slots=True)
class Field:
    """A plain field of a row: its path in the JSON, its column, its type."""

    path: str
    column: str
    kind: Kind

    @property
    def operators(self) -> frozenset[str]:
        """The comparison operators it can be searched with; never ``ne`` or ``in``."""
        return ORDERED if self.kind in {"integer", "time"} else EQUAL


@dataclass(frozen=True, slots=True)
class Order:
    """The one key of ``$orderby``; Id is always the second."""

    field: Field
    descending: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity set of the catalogue."""

    name: str
    table: str
    fields: tuple[Field, ...]
    sortable: tuple[str, ...]
    expandable: tuple[str, ...]
    selectable: tuple[str, ...]
    missing: str
    """What a 404 says."""

    def field(self, path: str) -> Field | None:
        """Return the field with this path, or None."""
        return next((f for f in self.fields if f.path == path), None)

    @property
    def has_attributes(self) -> bool:
        """Whether its rows have an attribute table."""
        return "Attributes" in self.expandable


_COMMON = (
    Field("Id", "id", "id"),
    Field("Name", "name", "string"),
    Field("ContentDate/Start", "start", "time"),
    Field("ContentDate/End", "stop", "time"),
)
_PRODUCT = (*_COMMON, Field("Collection/Name", "collection", "string"), Field("OriginDate", "origin", "time"))
_SELECTABLE = (
    *("Id", "Name", "ContentType", "ContentLength", "OriginDate", "PublicationDate", "ModificationDate", "Online"),
    *("EvictionDate", "S3Path", "Checksum", "ContentDate", "Footprint", "GeoFootprint"),
)

PRODUCTS = Entity(
    name="Products",
    table="products",
    fields=(
        *_PRODUCT,
        Field("PublicationDate", "publication", "time"),
        Field("ModificationDate", "modification", "time"),
        Field("Online", "online", "boolean"),
    ),
    sortable=("ContentDate/Start", "ContentDate/End", "PublicationDate", "ModificationDate"),
    expandable=("Attributes", "Assets", "Locations"),
    selectable=_SELECTABLE,
    missing="Product not found in catalogue",
)

DELETED = Entity(
    name="DeletedProducts",
    table="deleted",
    fields=(
        *_PRODUCT,
        Field("DeletionDate", "deletion", "time"),
        Field("DeletionCause", "cause", "string"),
    ),
    sortable=("ContentDate/Start", "ContentDate/End", "DeletionDate"),
    expandable=("Attributes",),
    selectable=(*_SELECTABLE, "DeletionDate", "DeletionCause"),
    missing="Product not found in catalogue",
)

_BURST_STRINGS = (
    *("ParentProductName", "ParentProductType", "PolarisationChannels", "OperationalMode", "SwathIdentifier"),
    *("OrbitDirection", "PlatformSerialIdentifier"),
)
_BURST_INTEGERS = ("BurstId", "AbsoluteBurstId", "RelativeOrbitNumber", "DatatakeID")

BURSTS = Entity(
    name="Bursts",
    table="bursts",
    fields=(
        *_COMMON,
        Field("ParentProductId", "parentproductid", "id"),
        *(Field(name, name.lower(), "string") for name in _BURST_STRINGS),
        *(Field(name, name.lower(), "integer") for name in _BURST_INTEGERS),
    ),
    sortable=("ContentDate/Start", "ContentDate/End"),
    expandable=(),
    selectable=(
        *("Id", "Name", "ContentType", "S3Path", "ContentDate", "Footprint", "GeoFootprint", "ParentProductId"),
        *(*_BURST_STRINGS, *_BURST_INTEGERS, "ByteOffset", "AzimuthTime", "AzimuthAnxTime", "Lines", "LinesPerBurst"),
        *("SamplesPerBurst", "BeginningDateTime", "EndingDateTime"),
    ),
    missing="Not Found",
)

ENTITIES = (PRODUCTS, DELETED, BURSTS)
