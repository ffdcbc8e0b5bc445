"""THE crosswalk: every attribute of the catalogue, its type, and the STAC property that says the same.

One table drives the properties of Items, filters in both directions, queryables, sortables, table columns and the
documentation page. Names and types are those that ``Attributes(<COLLECTION>)`` answers; STAC names and values are those
of CDSE's own Items. An attribute without a STAC property is filterable as ``odata:<attribute>`` and not written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from phistac.odata.converters import Converter, converters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.odata.filters import Operator, ValueType

__all__ = ["ATTRIBUTES", "COLLECTIONS", "AttributeRow", "by_property", "readers"]

_S1, _S2, _S3, _S5P, _S6 = "SENTINEL-1", "SENTINEL-2", "SENTINEL-3", "SENTINEL-5P", "SENTINEL-6"
_RTC, _ENVISAT = "SENTINEL-1-RTC", "ENVISAT"
_LANDSAT = ("LANDSAT-5", "LANDSAT-7", "LANDSAT-8", "LANDSAT-9")
_SENTINEL = (_S1, _S2, _S3, _S5P, _S6)
_ALL = (*_SENTINEL, _RTC, _ENVISAT, *_LANDSAT)

COLLECTIONS = (
    *_ALL, "GLOBAL-MOSAICS", "SMOS", "COP-DEM", "TERRAAQUA", "S2GLC", "CCM", "CLMS",
)  # fmt: skip
"""What ``Collection/Name`` may be."""

_ORDERED: tuple[Operator, ...] = ("eq", "lt", "le", "gt", "ge")
_TYPES: dict[str, ValueType] = {
    "s": "String", "i": "Integer", "d": "Double", "t": "DateTimeOffset", "b": "Boolean",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One row of the crosswalk."""

    odata: str
    type: ValueType
    stac: str
    """The STAC property; ``odata:<attribute>`` where there is none, which is filterable and never written."""
    converter: Converter
    extension: str
    """Prefix of the extension that defines the property; empty for STAC's common metadata."""
    collections: tuple[str, ...]
    operators: tuple[Operator, ...]

    @property
    def written(self) -> bool:
        """Whether Items carry the property."""
        return not self.stac.startswith("odata:")


def _row(odata: str, kind: str, stac: str, converter: str, collections: tuple[str, ...]) -> AttributeRow:
    value_type = _TYPES[kind]
    prefix, separator, _ = stac.partition(":")
    return AttributeRow(
        odata=odata,
        type=value_type,
        stac=stac or f"odata:{odata}",
        converter=converters_of[converter],
        extension=prefix if separator else "",
        collections=collections,
        operators=("eq",) if value_type in {"String", "Boolean"} or converter == "text" else _ORDERED,
    )


# fmt: off
_TABLE: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    # attribute               type STAC property                  converter       collections
    ("instrumentShortName",      "s", "instruments",                 "instruments",   _ALL),
    ("processingLevel",          "s", "processing:level",            "level",         _ALL),
    ("processingCenter",         "s", "processing:facility",         "identity",      _SENTINEL),
    ("processingDate",           "t", "processing:datetime",         "time",          _SENTINEL),
    ("processorVersion",         "s", "processing:version",          "version",       _SENTINEL),
    ("productType",              "s", "product:type",                "product_type",  _ALL),
    ("timeliness",               "s", "product:timeliness_category", "identity",      (_S1, _S3, _S6)),
    ("processingMode",           "s", "product:timeliness_category", "identity",      (_S5P,)),
    ("cloudCover",               "d", "eo:cloud_cover",              "percent",       (_S2, _S3, *_LANDSAT)),
    ("snowOrIceCover",           "d", "eo:snow_cover",               "percent",       (_S3,)),
    ("orbitDirection",           "s", "sat:orbit_state",             "lower",         (_S1, _S3, _RTC)),
    ("cycleNumber",              "i", "sat:orbit_cycle",             "counted",       (_S1, _S3, _ENVISAT)),
    ("relativeOrbitNumber",      "i", "sat:relative_orbit",          "counted",       (_S1, _S2, _S3, _S6, _RTC)),
    ("orbitNumber",              "i", "sat:absolute_orbit",          "counted",       _ALL),
    ("tileId",                   "s", "grid:code",                   "grid",          (_S2,)),
    ("operationalMode",          "s", "sar:instrument_mode",         "identity",      (_S1, _RTC)),
    ("operationalMode",          "s", "eopf:instrument_mode",        "identity",      (_S2,)),
    ("polarisationChannels",     "s", "sar:polarizations",           "polarizations", (_S1, _RTC)),
    ("swathIdentifier",          "s", "sar:beam_ids",                "beams",         (_S1,)),
    ("datatakeID",               "i", "eopf:datatake_id",            "text",          (_S1,)),
    ("productGroupId",           "s", "eopf:datatake_id",            "identity",      (_S2,)),
    ("instrumentConfigurationID", "i", "eopf:instrument_configuration_id", "identity", (_S1,)),
    ("datastripId",              "s", "eopf:datastrip_id",           "identity",      (_S2,)),
    ("sunAzimuthAngle",          "d", "view:sun_azimuth",            "identity",      _LANDSAT),
    ("sunElevationAngle",        "d", "view:sun_elevation",          "identity",      _LANDSAT),
    ("offNadir",                 "d", "view:off_nadir",              "identity",      _LANDSAT),
    # No property of its own in CDSE's Items: filterable by its own name.
    ("platformShortName",        "s", "", "identity", _ALL),
    ("platformSerialIdentifier", "s", "", "identity", (*_SENTINEL, _RTC)),
    ("processorName",            "s", "", "identity", (_S1, _S3, _S5P)),
    ("origin",                   "s", "", "identity", (_S1, _S2, _S6)),
    ("coordinates",              "s", "", "identity", (_S1, _S2, _S3, _S5P)),
    ("sliceNumber",              "i", "", "identity", (_S1,)),
    ("totalSlices",              "i", "", "identity", (_S1,)),
    ("productClass",             "s", "", "identity", (_S1, _S5P)),
    ("segmentStartTime",         "t", "", "time",     (_S1,)),
    ("sliceProductFlag",         "b", "", "identity", (_S1,)),
    ("productGeneration",        "t", "", "time",     (_S1,)),
    ("productComposition",       "s", "", "identity", (_S1,)),
    ("productConsolidation",     "s", "", "identity", (_S1,)),
    ("startTimeFromAscendingNode", "d", "", "identity", (_S1,)),
    ("completionTimeFromAscendingNode", "d", "", "identity", (_S1,)),
    ("processingBaseline",       "s", "", "identity", _SENTINEL),
    ("baselineCollection",       "s", "", "identity", (_S3, _S5P)),
    ("granuleIdentifier",        "s", "", "identity", (_S2,)),
    ("qualityInfo",              "i", "", "identity", (_S2,)),
    ("qualityStatus",            "s", "", "identity", (_S2, _S5P)),
    ("sourceProduct",            "s", "", "identity", (_S2,)),
    ("sourceProductOriginDate",  "s", "", "identity", (_S2,)),
    ("illuminationZenithAngle",  "d", "", "identity", (_S2,)),
    ("lastOrbitNumber",          "i", "", "identity", (_S2, _S3)),
    ("lastRelativeOrbitNumber",  "i", "", "identity", (_S3,)),
    ("lastOrbitDirection",       "s", "", "identity", (_S3,)),
    ("operationalMode",          "s", "", "identity", (_S3, _S6, *_LANDSAT)),
    ("landCover",                "d", "", "identity", (_S3,)),
    ("brightCover",              "d", "", "identity", (_S3,)),
    ("coastalCover",             "d", "", "identity", (_S3,)),
    ("closedSeaCover",           "i", "", "identity", (_S3,)),
    ("openOceanCover",           "i", "", "identity", (_S3,)),
    ("salineWaterCover",         "d", "", "identity", (_S3,)),
    ("tidalRegionCover",         "d", "", "identity", (_S3,)),
    ("continentalIceCover",      "i", "", "identity", (_S3,)),
    ("freshInlandWaterCover",    "d", "", "identity", (_S3,)),
    ("doi",                      "s", "", "identity", (_S5P,)),
    ("identifier",               "s", "", "identity", (_S5P,)),
    ("acquisitionType",          "s", "", "identity", (_S5P,)),
    ("parentIdentifier",         "s", "", "identity", (_S5P,)),
    ("spatialResolution",        "i", "", "identity", (_S6, _RTC, _ENVISAT, *_LANDSAT)),
    ("source",                   "s", "", "identity", (_S6,)),
    ("phaseNumber",              "i", "", "identity", (_ENVISAT,)),
    ("authority",                "s", "", "identity", (_S6, _RTC, _ENVISAT, *_LANDSAT)),
    ("cloudCoverLand",           "d", "", "identity", _LANDSAT),
    ("pathNumber",               "i", "", "identity", _LANDSAT),
    ("rowNumber",                "i", "", "identity", _LANDSAT),
    ("wrsPath",                  "s", "", "identity", _LANDSAT),
    ("wrsRow",                   "s", "", "identity", _LANDSAT),
    ("wrsType",                  "s", "", "identity", _LANDSAT),
    ("sceneId",                  "s", "", "identity", _LANDSAT),
    ("collectionCategory",       "s", "", "identity", _LANDSAT),
    ("collectionNumber",         "s", "", "identity", _LANDSAT),
    ("geometricRmse",            "d", "", "identity", _LANDSAT),
    ("collectionName",           "s", "", "identity", ("LANDSAT-5", "LANDSAT-7")),
    ("USGScollection",           "s", "", "identity", ("LANDSAT-8", "LANDSAT-9")),
    ("geometricXBias",           "d", "", "identity", _LANDSAT),
    ("geometricXStddev",         "d", "", "identity", _LANDSAT),
    ("geometricYBias",           "d", "", "identity", _LANDSAT),
    ("geometricYStddev",         "d", "", "identity", _LANDSAT),
    ("proj:epsg",                "i", "", "identity", _LANDSAT),
    ("view:sun_azimuth",         "d", "", "identity", _LANDSAT),
    ("view:sun_elevation",       "d", "", "identity", _LANDSAT),
    ("numberOfBands",            "i", "", "identity", _LANDSAT),
    ("projShape",                "s", "", "identity", _LANDSAT),
    ("projTransform",            "s", "", "identity", _LANDSAT),
    ("card4lSpecification",      "s", "", "identity", _LANDSAT),
    ("card4lSpecificationVersion", "s", "", "identity", _LANDSAT),
)
# In records of 2023, no longer among the attributes of the collection: read, but the catalogue refuses to be asked.
_FORMER: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("orbitDirection",           "s", "sat:orbit_state",             "lower",         (_S2,)),
    ("datastripidentifier",      "s", "eopf:datastrip_id",           "identity",      (_S2,)),
)
# fmt: on

ATTRIBUTES: tuple[AttributeRow, ...] = (
    *(_row(*entry) for entry in _TABLE),
    *(replace(_row(*entry), operators=()) for entry in _FORMER),
)
"""The table, compiled."""


@cache
def readers(collection: str) -> Mapping[str, AttributeRow]:
    """Return the rows that write a property, by attribute, for products of one OData collection."""
    return {row.odata: row for row in ATTRIBUTES if row.written and collection in row.collections}


@cache
def by_property(name: str, collection: str | None = None) -> tuple[AttributeRow, ...]:
    """Return the rows that a STAC property may be found by, narrowed to one OData collection where one is given.

    Examples
    --------
    >>> [row.odata for row in by_property("sat:relative_orbit", "SENTINEL-1")]
    ['relativeOrbitNumber']
    """
    return tuple(
        row for row in ATTRIBUTES if row.stac == name and (collection is None or collection in row.collections)
    )
