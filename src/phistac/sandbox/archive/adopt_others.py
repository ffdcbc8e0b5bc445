"""Catalogue records out of found Sentinel-2, Sentinel-3 and Sentinel-5P products."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import h5py

from phistac.errors import FormatError
from phistac.sandbox.archive.adopt_xml import attributes_of, load, rings, text, texts
from phistac.sandbox.archive.digests import digest
from phistac.sandbox.archive.naming import s3_path
from phistac.sandbox.archive.rows import Record
from phistac.sandbox.archive.times import odata, parse

if TYPE_CHECKING:
    from pathlib import Path

    from lxml import etree

__all__ = ["sentinel2", "sentinel3", "sentinel5p"]

_INSTRUMENTS = {"OL": "OLCI", "SL": "SLSTR", "SR": "SRAL", "SY": "SYNERGY"}
_COVER = ("bright", "coastal", "salineWater", "tidalRegion", "freshInlandWater", "snowOrIce", "closedSea", "openOcean")
_S2 = re.compile(r"S2(?P<unit>[A-Z])_MSI(?P<level>L\d[A-Z])_\d{8}T\d{6}_N\d{4}_R\d{3}_T(?P<tile>\w{5})_")
_S5P = re.compile(
    r"S5P_(?P<mode>[A-Z]{4})_(?P<type>L\w{9,10}?)_(?P<start>\d{8}T\d{6})_(?P<stop>\d{8}T\d{6})_(?P<orbit>\d{5})_"
    r"(?P<collection>\d{2})_(?P<version>\d{6})_(?P<made>\d{8}T\d{6})"
)


def _points(numbers: str) -> list[tuple[float, float]]:
    """Return (longitude, latitude) pairs of a list that has latitude first."""
    values = [float(number) for number in numbers.replace(",", " ").split()]
    return list(zip(values[1::2], values[::2], strict=True))


def _match(pattern: re.Pattern[str], name: str, mission: str) -> re.Match[str]:
    match = pattern.match(name)
    if match is None:
        raise FormatError(f"{name} is not the name of a {mission} product", remedy="Give it its real name.")
    return match


def sentinel2(folder: Path) -> Record:
    """Return the record of a Sentinel-2 product: from its manifest, and from its ``MTD_MSI*.xml`` if that is there."""
    match = _match(_S2, folder.name, "Sentinel-2")
    root = load(folder / "manifest.safe")
    level, start = match["level"], parse(text(root, "startTime"))
    parts = rings(_points(text(root, "coordinates")))
    metadata = folder / f"MTD_MSI{level}.xml"
    details = load(metadata) if metadata.is_file() else root
    processed = parse(text(details, "GENERATION_TIME", attributes_of(root, "processing")[0]["start"]))
    product_type = f"S2MSI{level[1:]}"
    reprocessed = "_N0500_" in folder.name  # collection 1 has a place of its own
    return Record(
        name=folder.name,
        s3_path=s3_path("Sentinel-2", f"MSI/{level}{'_N0500' * reprocessed}", start, folder.name),
        start=start,
        stop=start,
        outline=parts[0] if parts else None,
        more_outlines=tuple(parts[1:]),
        attributes=[
            ("origin", "String", "ESA"),
            ("tileId", "String", match["tile"]),
            *_s2_details(details),
            ("orbitNumber", "Integer", int(text(root, "orbitNumber"))),
            ("processingDate", "DateTimeOffset", odata(processed)),
            ("operationalMode", "String", text(details, "DATATAKE_TYPE", "INS-NOBS")),
            ("processingLevel", "String", product_type),
            ("processorVersion", "String", text(details, "PROCESSING_BASELINE", "")),
            ("platformShortName", "String", "SENTINEL-2"),
            ("instrumentShortName", "String", "MSI"),
            ("relativeOrbitNumber", "Integer", int(text(root, "relativeOrbitNumber"))),
            ("platformSerialIdentifier", "String", match["unit"]),
            ("productType", "String", product_type),
            ("beginningDateTime", "DateTimeOffset", odata(start)),
            ("endingDateTime", "DateTimeOffset", odata(start)),
        ],
        size=_size(root),
        published=processed,
        origin=processed,
    )


def _s2_details(details: etree._Element) -> list[tuple[str, str, object]]:
    found: list[tuple[str, str, object]] = [
        ("cloudCover", "Double", float(value)) for value in texts(details, "Cloud_Coverage_Assessment")[:1]
    ]
    found += [("datastripId", "String", a["datastripIdentifier"]) for a in attributes_of(details, "Granule")[:1]]
    found += [("productGroupId", "String", a["datatakeIdentifier"]) for a in attributes_of(details, "Datatake")[:1]]
    return found


def _size(root: etree._Element) -> int:
    return sum(int(stream["size"]) for stream in attributes_of(root, "byteStream"))


def sentinel3(folder: Path) -> Record:
    """Return the record of a Sentinel-3 product, from its ``xfdumanifest.xml``."""
    root, name = load(folder / "xfdumanifest.xml"), folder.name
    start, stop = parse(text(root, "startTime")), parse(text(root, "stopTime"))
    product_type = text(root, "productType", name[4:15])
    parts = [part for numbers in texts(root, "posList") for part in rings(_points(numbers))]
    made = parse(text(root, "creationTime", name[48:63]))
    software = attributes_of(root, "software")[0]
    direction = next((a.get("groundTrackDirection", "") for a in attributes_of(root, "orbitNumber")), "")
    shares = [
        (f"{cover}Cover", "Double", float(a["percentage"]))
        for cover in _COVER
        for a in attributes_of(root, f"{cover}Pixels")[:1]
    ]
    instrument = _INSTRUMENTS.get(product_type[:2], product_type[:2])
    return Record(
        name=name,
        s3_path=s3_path("Sentinel-3", f"{instrument}/{product_type}", start, name),
        start=start,
        stop=stop,
        outline=parts[0] if parts else None,
        more_outlines=tuple(parts[1:]),
        attributes=[
            ("timeliness", "String", text(root, "timeliness")),
            ("cycleNumber", "Integer", int(text(root, "cycleNumber"))),
            ("orbitNumber", "Integer", int(text(root, "orbitNumber"))),
            *shares,
            ("processorName", "String", software["name"]),
            ("orbitDirection", "String", direction.upper()),
            ("processingDate", "DateTimeOffset", odata(made)),
            ("operationalMode", "String", text(root, "mode", "Earth Observation")),
            ("processingLevel", "String", product_type[3]),
            ("processorVersion", "String", software["version"]),
            ("platformShortName", "String", "SENTINEL-3"),
            ("baselineCollection", "String", text(root, "baselineCollection", name.split(".")[0][-3:])),
            ("instrumentShortName", "String", instrument),
            ("relativeOrbitNumber", "Integer", int(text(root, "relativeOrbitNumber"))),
            ("platformSerialIdentifier", "String", text(root, "number", name[2])),
            ("productType", "String", product_type),
            ("beginningDateTime", "DateTimeOffset", odata(start)),
            ("endingDateTime", "DateTimeOffset", odata(stop)),
        ],
        size=_size(root),
        published=made,
        origin=made,
    )


def sentinel5p(path: Path) -> Record:
    """Return the record of a Sentinel-5P product: from its name and the footprint in its ``EOP_METADATA``."""
    match = _match(_S5P, path.name, "Sentinel-5P")
    start, stop, made = (parse(match[key]) for key in ("start", "stop", "made"))
    parts = rings(_points(_position_list(path)))
    return Record(
        name=path.name,
        s3_path=s3_path("Sentinel-5P", f"TROPOMI/{match['type']}", start, path.name),
        start=start,
        stop=stop,
        outline=parts[0] if parts else None,
        more_outlines=tuple(parts[1:]),
        attributes=[
            ("origin", "String", "ESA"),
            ("orbitNumber", "Integer", int(match["orbit"])),
            ("processorName", "String", match["type"][4:]),
            ("processingDate", "DateTimeOffset", odata(made)),
            ("processingMode", "String", match["mode"]),
            ("processingLevel", "String", match["type"][:3].rstrip("_")),
            ("processorVersion", "String", match["version"]),
            ("platformShortName", "String", "SENTINEL-5P"),
            ("baselineCollection", "String", match["collection"]),
            ("instrumentShortName", "String", "TROPOMI"),
            ("productType", "String", match["type"]),
            ("beginningDateTime", "DateTimeOffset", odata(start)),
            ("endingDateTime", "DateTimeOffset", odata(stop)),
        ],
        size=path.stat().st_size,
        published=made + timedelta(minutes=20),
        origin=made,
        md5=digest(path, "md5"),
    )


def _position_list(path: Path) -> str:
    """Return the footprint (latitude first) that is somewhere below ``METADATA/EOP_METADATA``; empty if none is."""
    try:
        with h5py.File(path) as file:
            metadata = file.get("METADATA/EOP_METADATA")
            found: list[str] = []
            if metadata is not None:
                metadata.visititems(
                    lambda _, item: (
                        found.append(bytes(item.attrs["gml:posList"]).decode()) if "gml:posList" in item.attrs else None
                    )
                )
    except OSError as error:
        raise FormatError(f"{path.name} is not netCDF: {error}", remedy="Take it out of the folder.") from error
    return found[0] if found else ""
