"""JSON rows of the catalogue as values: :class:`Product` and :class:`Burst`.

What the service leaves out or fills with a stand-in (``[{}]``, ``""``, size 0) is ``None`` or empty here, so that
nothing behind this module mistakes a stand-in for a fact. Nothing is added that the row does not say.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from phistac.errors import CatalogueError
from phistac.odata.footprints import footprint
from phistac.odata.times import normalized

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Burst", "Checksum", "Product", "Quicklook", "burst", "product"]

Geometry = dict[str, Any]


class Checksum(NamedTuple):
    """A checksum of the product as one zip file, not of the objects in S3."""

    algorithm: str
    value: str


class Quicklook(NamedTuple):
    """An image of the product."""

    id: str
    href: str


class Product(NamedTuple):
    """One row of ``Products``. Times are text in the spelling of :func:`phistac.odata.times.normalized`."""

    id: str
    """A UUID."""
    name: str
    """With its extension: ``.SAFE``, ``.SEN3``, ``.nc``, ..."""
    s3_path: str
    """Begins with ``/eodata/``; no slash at the end."""
    start: str | None
    end: str | None
    footprint: Geometry | None
    """GeoJSON, longitude and latitude; ``None`` for auxiliary files."""
    size: int | None
    """Bytes; ``None`` where the catalogue says 0, as it does for old products."""
    checksums: tuple[Checksum, ...]
    created: str | None
    """When the producer made it available (``OriginDate``)."""
    published: str | None
    updated: str | None
    evicted: str | None
    """When it leaves the online archive; the year 9999 means never, ``None`` that the catalogue does not say."""
    online: bool | None
    attributes: dict[str, Any]
    """Name and value, as the row has them; empty where attributes were not asked for."""
    quicklooks: tuple[Quicklook, ...]


class Burst(NamedTuple):
    """One row of ``Bursts``: one burst of one swath in one polarization."""

    id: str
    name: str
    s3_path: str
    """The measurement TIFF of the whole sub-swath."""
    start: str | None
    """Sensing time, about one second after :attr:`azimuth_time`."""
    end: str | None
    footprint: Geometry | None
    parent_id: str
    parent_name: str
    parent_type: str
    burst_id: int
    """Relative: counts bursts through the repeat cycle; the same for the three swaths of IW."""
    absolute_burst_id: int | None
    swath: str
    """``IW1`` ... ``IW3``, ``EW1`` ... ``EW5``."""
    polarization: str
    mode: str
    relative_orbit: int | None
    """That of the product, which near the ascending node may differ by one from the burst's own track."""
    orbit_state: str | None
    platform_unit: str
    datatake: int | None
    azimuth_time: str | None
    azimuth_anx_time: float | None
    """Seconds since the ascending node."""
    byte_offset: int | None
    """Where the samples start in the TIFF."""
    first_line: int | None
    """The row calls it ``Lines``: the line of the TIFF at which the burst starts."""
    lines: int | None
    samples: int | None


def product(row: Mapping[str, Any]) -> Product:
    """Return a row of ``Products`` as a value.

    Parameters
    ----------
    row : mapping
        As the service sends it, with or without ``Attributes``, ``Assets`` and ``Locations``.

    Raises
    ------
    CatalogueError
        If it is not such a row.
    """
    try:
        dates = row.get("ContentDate") or {}
        return Product(
            id=row["Id"],
            name=row["Name"],
            s3_path=(row.get("S3Path") or "").rstrip("/"),
            start=_time(dates.get("Start")),
            end=_time(dates.get("End")),
            footprint=footprint(row),
            size=row.get("ContentLength") or None,
            checksums=tuple(
                [
                    Checksum(each["Algorithm"], each["Value"].lower())
                    for each in row.get("Checksum") or ()
                    if each.get("Value")
                ]
            ),
            created=_time(row.get("OriginDate")),
            published=_time(row.get("PublicationDate")),
            updated=_time(row.get("ModificationDate")),
            evicted=_time(row.get("EvictionDate")),
            online=row.get("Online"),
            attributes={each["Name"]: each["Value"] for each in row.get("Attributes") or ()},
            quicklooks=tuple(
                [
                    Quicklook(each["Id"], each["DownloadLink"])
                    for each in row.get("Assets") or ()
                    if each.get("Type") == "QUICKLOOK" and each.get("DownloadLink")
                ]
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _not_a_row(row, "product", error) from error


def burst(row: Mapping[str, Any]) -> Burst:
    """Return a row of ``Bursts`` as a value.

    Raises
    ------
    CatalogueError
        If it is not such a row.
    """
    try:
        dates = row.get("ContentDate") or {}
        return Burst(
            id=row["Id"],
            name=row["Name"],
            s3_path=row.get("S3Path") or "",
            start=_time(dates.get("Start")),
            end=_time(dates.get("End")),
            footprint=footprint(row),
            parent_id=row.get("ParentProductId") or "",
            parent_name=row.get("ParentProductName") or "",
            parent_type=row.get("ParentProductType") or "",
            burst_id=int(row["BurstId"]),
            absolute_burst_id=_integer(row.get("AbsoluteBurstId")),
            swath=row["SwathIdentifier"],
            polarization=row["PolarisationChannels"],
            mode=row.get("OperationalMode") or row["SwathIdentifier"][:2],
            relative_orbit=_integer(row.get("RelativeOrbitNumber")),
            orbit_state=_lower(row.get("OrbitDirection")),
            platform_unit=row.get("PlatformSerialIdentifier") or "",
            datatake=_integer(row.get("DatatakeID")),
            azimuth_time=_time(row.get("AzimuthTime")),
            azimuth_anx_time=_number(row.get("AzimuthAnxTime")),
            byte_offset=_integer(row.get("ByteOffset")),
            first_line=_integer(row.get("Lines")),
            lines=_integer(row.get("LinesPerBurst")),
            samples=_integer(row.get("SamplesPerBurst")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _not_a_row(row, "burst", error) from error


def _time(value: str | None) -> str | None:
    return normalized(value) if value else None


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float | None:
    number = None if value is None else float(value)
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{value!r} is not a number")
    return number


def _lower(value: str | None) -> str | None:
    return value.lower() if value else None


def _not_a_row(row: Mapping[str, Any], kind: str, error: Exception) -> CatalogueError:
    name = row.get("Name", row.get("Id", "?")) if hasattr(row, "get") else type(row).__name__
    return CatalogueError(f"the record {str(name)[:120]!r} is not a {kind} ({type(error).__name__}: {error})")
