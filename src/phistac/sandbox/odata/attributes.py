"""Which attributes a collection registers, and of which type; what ``GET Attributes(<COLLECTION>)`` answers.

The tables are those of the real service (recorded 2024 to 2026). ``beginningDateTime`` and ``endingDateTime`` are in
every record and in no table: they can be searched and are not listed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["REGISTERED", "TYPES", "UNLISTED", "Registry", "family"]

TYPES = ("String", "Integer", "Double", "DateTimeOffset", "Boolean")
"""Value types; ``T`` in ``OData.CSC.<T>Attribute``."""

UNLISTED: Mapping[str, str] = {"beginningDateTime": "DateTimeOffset", "endingDateTime": "DateTimeOffset"}
"""In every record, but in no table."""

# Collections, and the attributes they share; a name without a type is a String.
_TABLES = {
    "SENTINEL-1": """
        productType origin datatakeID=Integer timeliness coordinates cycleNumber=Integer orbitNumber=Integer
        sliceNumber=Integer totalSlices=Integer productClass processorName orbitDirection
        processingDate=DateTimeOffset operationalMode processingLevel swathIdentifier processingCenter
        processorVersion segmentStartTime=DateTimeOffset sliceProductFlag=Boolean platformShortName
        productGeneration=DateTimeOffset processingBaseline productComposition instrumentShortName
        relativeOrbitNumber=Integer polarisationChannels productConsolidation platformSerialIdentifier
        instrumentConfigurationID=Integer startTimeFromAscendingNode=Double
        completionTimeFromAscendingNode=Double
    """,
    "SENTINEL-1-RTC": """
        productType authority orbitNumber=Integer orbitDirection operationalMode processingLevel
        platformShortName spatialResolution=Integer instrumentShortName relativeOrbitNumber=Integer
        polarisationChannels platformSerialIdentifier
    """,
    "SENTINEL-2": """
        productType origin tileId cloudCover=Double coordinates datastripId orbitNumber=Integer
        qualityInfo=Integer qualityStatus sourceProduct processingDate=DateTimeOffset productGroupId
        lastOrbitNumber=Integer operationalMode processingLevel processingCenter processorVersion
        granuleIdentifier platformShortName processingBaseline instrumentShortName relativeOrbitNumber=Integer
        illuminationZenithAngle=Double sourceProductOriginDate platformSerialIdentifier
    """,
    "SENTINEL-3": """
        productType landCover=Double cloudCover=Double timeliness brightCover=Double coordinates
        cycleNumber=Integer orbitNumber=Integer coastalCover=Double processorName closedSeaCover=Integer
        openOceanCover=Integer orbitDirection processingDate=DateTimeOffset snowOrIceCover=Double
        lastOrbitNumber=Integer operationalMode processingLevel processingCenter processorVersion
        salineWaterCover=Double tidalRegionCover=Double platformShortName baselineCollection lastOrbitDirection
        processingBaseline continentalIceCover=Integer instrumentShortName relativeOrbitNumber=Integer
        freshInlandWaterCover=Double lastRelativeOrbitNumber=Integer platformSerialIdentifier
    """,
    "SENTINEL-5P": """
        productType doi identifier coordinates orbitNumber=Integer productClass processorName qualityStatus
        processingDate=DateTimeOffset processingMode acquisitionType processingLevel parentIdentifier
        processingCenter processorVersion platformShortName baselineCollection processingBaseline
        instrumentShortName platformSerialIdentifier
    """,
    "SENTINEL-6": """
        authority instrumentShortName operationalMode orbitNumber=Integer origin platformSerialIdentifier
        platformShortName processingBaseline processingCenter processingDate=DateTimeOffset processingLevel
        processorVersion productType relativeOrbitNumber=Integer source spatialResolution=Integer timeliness
    """,
    "ENVISAT": """
        authority cycleNumber=Integer instrumentShortName orbitNumber=Integer phaseNumber=Integer
        platformShortName processingLevel productType spatialResolution=Integer
    """,
    "LANDSAT-5 LANDSAT-7": """
        authority card4lSpecification card4lSpecificationVersion cloudCover=Double cloudCoverLand=Double
        collectionCategory collectionName collectionNumber geometricRmse=Double geometricXBias=Double
        geometricXStddev=Double geometricYBias=Double geometricYStddev=Double instrumentShortName
        numberOfBands=Integer offNadir=Double operationalMode orbitNumber=Integer pathNumber=Integer
        platformShortName processingLevel productType proj:epsg=Integer projShape projTransform
        rowNumber=Integer sceneId spatialResolution=Integer sunAzimuthAngle=Double sunElevationAngle=Double
        view:sun_azimuth=Double view:sun_elevation=Double wrsPath wrsRow wrsType
    """,
    "LANDSAT-8 LANDSAT-9": """
        USGScollection authority card4lSpecification card4lSpecificationVersion cloudCover=Double
        cloudCoverLand=Double collectionCategory collectionNumber geometricRmse=Double geometricXBias=Double
        geometricXStddev=Double geometricYBias=Double geometricYStddev=Double instrumentShortName
        numberOfBands=Integer offNadir=Double operationalMode orbitNumber=Integer pathNumber=Integer
        platformShortName processingLevel productType proj:epsg=Integer projShape projTransform
        rowNumber=Integer sceneId spatialResolution=Integer sunAzimuthAngle=Double sunElevationAngle=Double
        view:sun_azimuth=Double view:sun_elevation=Double wrsPath wrsRow wrsType
    """,
}


def _table(text: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in text.split())
    return {name: kind or "String" for name, _, kind in pairs}


REGISTERED: Mapping[str, Mapping[str, str]] = {
    collection: _table(text) for collections, text in _TABLES.items() for collection in collections.split()
}
"""Type by attribute name, by collection."""

_SENTINEL_1 = re.compile(r"(?:S[1-6]|IW|EW|WV)_(RAW|SLC|OCN|GRD)[A-Z_]*_[0-2][SA](-COG)?")


def family(product_type: str) -> str | None:
    """Return the family name that also finds a Sentinel-1 product type, or None.

    Examples
    --------
    >>> family("IW_SLC__1S"), family("IW_GRDH_1S-COG"), family("S2MSI1C")
    ('SLC', 'GRD-COG', None)
    """
    match = _SENTINEL_1.fullmatch(product_type)
    return None if match is None else match[1] + (match[2] or "")


class Registry:
    """Attribute types by collection: the registered ones, and for other collections what their records hold.

    Parameters
    ----------
    learned : iterable of (str, str, str)
        Collection, attribute name and type, as found in records.
    """

    def __init__(self, learned: Iterable[tuple[str, str, str]] = ()) -> None:
        self._tables: dict[str, dict[str, str]] = {name: dict(table) for name, table in REGISTERED.items()}
        for collection, name, kind in learned:
            if collection not in REGISTERED:
                self._tables.setdefault(collection, {})[name] = kind

    def listed(self, collection: str) -> Mapping[str, str] | None:
        """Return the types by attribute name, or None for an unknown collection."""
        return self._tables.get(collection)

    def types(self, name: str, collections: Iterable[str] = ()) -> frozenset[str]:
        """Return the types that an attribute has in these collections (in any, if none is given).

        An empty set says that no such attribute exists.
        """
        if name in UNLISTED:
            return frozenset({UNLISTED[name]})
        tables = [self._tables.get(c, {}) for c in collections] or list(self._tables.values())
        return frozenset(table[name] for table in tables if name in table)
