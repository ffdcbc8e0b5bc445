"""``xfdumanifest.xml`` of an OLCI product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.s3_bands import BANDS
from phistac.sandbox.archive.times import anno, compact
from phistac.sandbox.archive.xmltext import Node, el, render

if TYPE_CHECKING:
    from phistac.sandbox.archive.digests import Entry
    from phistac.sandbox.archive.rows import Footprint
    from phistac.sandbox.archive.s3_scene import Frame

__all__ = ["COVER", "manifest"]

COVER = {"salineWater": 41.0, "coastal": 2.0, "freshInlandWater": 1.0, "tidalRegion": 0.0, "bright": 12.0}
"""Percentages of the pixels, for the manifest and the catalogue."""

_SAFE, _S3 = "http://www.esa.int/safe/sentinel/1.1", "http://www.esa.int/safe/sentinel/sentinel-3"


def manifest(frame: Frame, entries: list[Entry], outline: Footprint) -> bytes:
    """Return the manifest of a frame that consists of these entries."""
    namespaces = {
        "xmlns:xfdu": "urn:ccsds:schema:xfdu:1",
        "xmlns:sentinel-safe": _SAFE,
        "xmlns:gml": "http://www.opengis.net/gml",
        "xmlns:sentinel3": f"{_S3}/1.0",
        "xmlns:olci": f"{_S3}/olci/1.0",
        "version": "esa/safe/sentinel/sentinel-3/olci/level-1/1.0",
    }
    units = [
        el(
            "xfdu:contentUnit",
            el("dataObjectPointer", attributes={"dataObjectID": entry.kind}),
            attributes={
                "ID": entry.kind.removesuffix("Data") + "Unit",
                "unitType": "Measurement Data Unit" if entry.path.startswith("Oa") else "Annotation Data Unit",
                "textInfo": entry.text,
            },
        )
        for entry in entries
    ]
    package = {
        "ID": "packageUnit",
        "unitType": "Information Package",
        "textInfo": "SENTINEL-3 OLCI Level 1 Earth Observation Full Resolution Product",
        "dmdID": "acquisitionPeriod platform measurementOrbitReference measurementQualityInformation processing "
        "measurementFrameSet generalProductInformation olciProductInformation",
        "pdiID": "processing",
    }
    size = sum(entry.size for entry in entries)
    document = el(
        "xfdu:XFDU",
        el("informationPackageMap", el("xfdu:contentUnit", *units, attributes=package)),
        el("metadataSection", *(_wrap(*block) for block in _blocks(frame, outline, size))),
        el("dataObjectSection", *(_object(entry) for entry in entries)),
        attributes=namespaces,
    )
    return render(document, declaration='<?xml version ="1.0" encoding="UTF-8"?>', indent="   ")


def _object(entry: Entry) -> Node:
    location = {"locatorType": "URL", "textInfo": entry.text, "href": f"./{entry.path}"}
    stream = el(
        "byteStream",
        el("fileLocation", attributes=location),
        el("checksum", entry.checksum, attributes={"checksumName": "MD5"}),
        attributes={"mimeType": entry.mime_type, "size": entry.size},
    )
    return el("dataObject", stream, attributes={"ID": entry.kind})


def _wrap(name: str, title: str, content: Node) -> Node:
    provenance = name == "processing"
    wrap = {"mimeType": "text/xml", "vocabularyName": "Sentinel-SAFE", "textInfo": title}
    kind = {
        "ID": name,
        "classification": "PROVENANCE" if provenance else "DESCRIPTION",
        "category": "PDI" if provenance else "DMD",
    }
    return el("metadataObject", el("metadataWrap", el("xmlData", content), attributes=wrap), attributes=kind)


def _blocks(frame: Frame, outline: Footprint, size: int) -> list[tuple[str, str, Node]]:
    period = el(
        "sentinel-safe:acquisitionPeriod",
        el("sentinel-safe:startTime", anno(frame.start) + "Z"),
        el("sentinel-safe:stopTime", anno(frame.stop) + "Z"),
    )
    posts = " ".join(f"{latitude:g} {longitude:g}" for longitude, latitude in outline)
    frames = el(
        "sentinel-safe:frameSet",
        el(
            "sentinel-safe:footPrint",
            el("gml:posList", posts),
            attributes={"srsName": "http://www.opengis.net/def/crs/EPSG/0/4326"},
        ),
    )
    quality = el(
        "sentinel-safe:qualityInformation",
        el(
            "sentinel-safe:extension",
            el("sentinel3:productQuality", el("sentinel3:onlineQualityCheck", "PASSED")),
        ),
    )
    return [
        ("acquisitionPeriod", "Acquisition Period", period),
        ("platform", "Platform Description", _platform()),
        ("measurementFrameSet", "Frame Set", frames),
        ("generalProductInformation", "General Product Information", _general(frame, size)),
        ("olciProductInformation", "Olci Product Information", _olci(frame)),
        ("measurementOrbitReference", "Orbit Reference", _orbit(frame)),
        ("measurementQualityInformation", "Quality Information", quality),
        ("processing", "Processing", _processing(frame)),
    ]


def _platform() -> Node:
    return el(
        "sentinel-safe:platform",
        el("sentinel-safe:nssdcIdentifier", "2018-039A"),
        el("sentinel-safe:familyName", "Sentinel-3"),
        el("sentinel-safe:number", "B"),
        el(
            "sentinel-safe:instrument",
            el("sentinel-safe:familyName", "Ocean Land Colour Instrument", attributes={"abbreviation": "OLCI"}),
            el("sentinel-safe:mode", "Earth Observation", attributes={"identifier": "EO"}),
        ),
    )


def _general(frame: Frame, size: int) -> Node:
    facts: dict[str, str | int] = {
        "productName": frame.name,
        "productType": "OL_1_EFR___",
        "timeliness": "NT",
        "baselineCollection": "004",
        "processingBaseline": "OL__L1_.004.00.00",
        "creationTime": compact(frame.created),
        "productSize": size,
        "dispositionMode": "Operational",
    }
    unit = el(
        "sentinel3:productUnit",
        el("sentinel3:type", "FRAME"),
        el("sentinel3:alongtrackCoordinate", frame.along_track),
    )
    return el(
        "sentinel3:generalProductInformation",
        *(el(f"sentinel3:{name}", value) for name, value in facts.items()),
        unit,
    )


def _olci(frame: Frame) -> Node:
    cover = [el(f"sentinel3:{name}Pixels", attributes={"percentage": f"{share:.6f}"}) for name, share in COVER.items()]
    bands = [
        el(
            "sentinel3:band",
            el("sentinel3:centralWavelength", f"{band.center:g}"),
            el("sentinel3:bandwidth", f"{band.width:g}"),
            attributes={"name": band.name},
        )
        for band in BANDS
    ]
    size = el("olci:imageSize", el("sentinel3:rows", frame.rows), el("sentinel3:columns", frame.columns))
    return el(
        "olci:olciProductInformation",
        el("olci:classificationSummary", *cover),
        size,
        el("olci:bandDescriptions", *bands, attributes={"bands": len(BANDS)}),
    )


def _orbit(frame: Frame) -> Node:
    track = {"type": "start", "groundTrackDirection": "descending"}
    numbers = {
        "orbitNumber": frame.orbit,
        "relativeOrbitNumber": frame.relative_orbit,
        "passNumber": 2 * frame.orbit,
        "relativePassNumber": 2 * frame.relative_orbit,
    }
    return el(
        "sentinel-safe:orbitReference",
        *(el(f"sentinel-safe:{name}", value, attributes=track) for name, value in numbers.items()),
        el("sentinel-safe:cycleNumber", frame.cycle),
        el("sentinel-safe:phaseIdentifier", 4),
    )


def _processing(frame: Frame) -> Node:
    times = {"name": "DataProcessing", "outputLevel": 1, "start": anno(frame.created), "stop": anno(frame.created)}
    software = el("sentinel-safe:software", attributes={"name": "PUG", "version": "03.52"})
    return el(
        "sentinel-safe:processing",
        el("sentinel-safe:facility", software, attributes={"name": ""}),
        attributes=times,
    )
