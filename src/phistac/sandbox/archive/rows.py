"""Catalogue rows in the exact shape that the service answers with ``$expand=Attributes,Assets,Locations``.

``Checksum`` covers the zip of a product, which does not exist before somebody asks for it: products of many objects
say ``[]`` (as old records do) rather than something false; products that are one object carry its MD5. ``Locations``
name the extracted product only: the compressed one is evicted 30 days after publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.sandbox.archive.naming import identifier
from phistac.sandbox.archive.times import odata

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

__all__ = ["NEVER", "Footprint", "Record", "attribute", "deleted_row", "footprint", "product_row"]

Footprint = list[tuple[float, float]]
"""A closed ring of longitude and latitude."""

NEVER = "9999-12-31T23:59:59.999999Z"
_HOST = "https://catalogue.dataspace.copernicus.eu/odata/v1"


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a product; :func:`product_row` puts it into the catalogue's words."""

    name: str
    s3_path: str
    start: datetime
    stop: datetime
    outline: Footprint | None
    attributes: Sequence[tuple[str, str, object]]
    """Name, type (``String``, ``Integer``, ``Double``, ``Boolean``, ``DateTimeOffset``) and value."""
    size: int
    published: datetime
    origin: datetime
    md5: str = ""
    """Of the object, for products that are one object."""
    quicklook: bool = False
    online: bool = True
    more_outlines: tuple[Footprint, ...] = ()
    """Further parts of the footprint, where one ring does not do (antimeridian, wave mode)."""

    @property
    def id(self) -> str:
        """The product's UUID."""
        return identifier("product", self.name)

    @property
    def asset_id(self) -> str:
        """The quicklook's UUID."""
        return identifier("quicklook", self.name)


def attribute(name: str, kind: str, value: object) -> dict[str, object]:
    """Return one entry of ``Attributes``.

    Examples
    --------
    >>> attribute("orbitNumber", "Integer", 5)["@odata.type"]
    '#OData.CSC.IntegerAttribute'
    """
    return {"@odata.type": f"#OData.CSC.{kind}Attribute", "Name": name, "Value": value, "ValueType": kind}


def footprint(rings: Iterable[Footprint] | None) -> tuple[str | None, dict[str, Any] | None]:
    """Return ``Footprint`` and ``GeoFootprint`` of one ring or several; nulls for none."""
    polygons = [[list(point) for point in ring] for ring in rings or ()]
    if not polygons:
        return None, None
    texts = ["(" + ", ".join(f"{x:.12g} {y:.12g}" for x, y in polygon) + ")" for polygon in polygons]
    if len(polygons) == 1:
        wkt, shape = f"POLYGON ({texts[0]})", {"type": "Polygon", "coordinates": [polygons[0]]}
    else:
        wkt = f"MULTIPOLYGON ({', '.join(f'({text})' for text in texts)})"
        shape = {"type": "MultiPolygon", "coordinates": [[polygon] for polygon in polygons]}
    return f"geography'SRID=4326;{wkt}'", shape


def product_row(record: Record) -> dict[str, Any]:
    """Return the row of the ``Products`` entity set."""
    checksums = _checksums(record)
    text, shape = footprint([record.outline, *record.more_outlines] if record.outline else None)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": record.id,
        "Name": record.name,
        "ContentType": "application/octet-stream",
        "ContentLength": record.size,
        "OriginDate": odata(record.origin),
        "PublicationDate": odata(record.published),
        "ModificationDate": odata(record.published),
        "Online": record.online,
        "EvictionDate": NEVER if record.online else odata(record.published),
        "S3Path": record.s3_path,
        "Checksum": checksums,
        "ContentDate": {"Start": odata(record.start), "End": odata(record.stop)},
        "Footprint": text,
        "GeoFootprint": shape,
        "Attributes": [attribute(*triple) for triple in record.attributes],
        "Assets": _assets(record),
        "Locations": _locations(record, checksums),
    }


def deleted_row(row: dict[str, Any], when: datetime, cause: str) -> dict[str, Any]:
    """Return the row of ``DeletedProducts`` that a product leaves behind."""
    kept = [
        "@odata.mediaContentType",
        "Id",
        "Name",
        "ContentType",
        "ContentLength",
        "OriginDate",
        "PublicationDate",
        "ModificationDate",
        "Checksum",
        "ContentDate",
        "Footprint",
        "GeoFootprint",
        "Attributes",
    ]
    return {key: row[key] for key in kept} | {"DeletionDate": odata(when), "DeletionCause": cause}


def _checksums(record: Record) -> list[dict[str, str]]:
    if not record.md5:
        return []
    return [{"Value": record.md5, "Algorithm": "MD5", "ChecksumDate": odata(record.published)}]


def _assets(record: Record) -> list[dict[str, str]]:
    if not record.quicklook:
        return []
    link = f"{_HOST}/Assets({record.asset_id})/$value"
    return [{"Type": "QUICKLOOK", "Id": record.asset_id, "DownloadLink": link, "S3Path": record.s3_path}]


def _locations(record: Record, checksums: list[dict[str, str]]) -> list[dict[str, Any]]:
    if not record.online:
        return []
    return [
        {
            "FormatType": "Extracted",
            "DownloadLink": f"{_HOST}/Products({record.id})/$value",
            "ContentLength": record.size,
            "Checksum": checksums,
            "S3Path": record.s3_path,
        }
    ]
