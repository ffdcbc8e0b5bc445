"""``manifest.safe`` of a Sentinel-2 product: SHA3-256 checksums, as every baseline since 03.01 has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.times import xml_ms
from phistac.sandbox.archive.xmltext import Node, el, render

if TYPE_CHECKING:
    from phistac.sandbox.archive.digests import Entry
    from phistac.sandbox.archive.s2_scene import Granule

__all__ = ["manifest"]


def manifest(granule: Granule, entries: list[Entry]) -> bytes:
    """Return the manifest of a granule that consists of these entries."""
    level = granule.level[1:]
    namespaces = {
        "xmlns:gml": "http://www.opengis.net/gml",
        "xmlns:safe": "http://www.esa.int/safe/sentinel/1.1",
        "xmlns:xfdu": "urn:ccsds:schema:xfdu:1",
        "version": f"esa/safe/sentinel/1.1/sentinel-2/msi/archive_l{level.lower()}_user_product",
    }
    units = [
        el(
            "xfdu:contentUnit",
            el("dataObjectPointer", attributes={"dataObjectID": entry.kind}),
            attributes={"ID": f"{entry.kind}_Unit", "unitType": "Metadata Unit"},
        )
        for entry in entries
    ]
    package = el(
        "xfdu:contentUnit",
        *units,
        attributes={
            "dmdID": "acquisitionPeriod platform",
            "pdiID": "processing",
            "textInfo": f"SENTINEL-2 MSI Level-{level} User Product",
            "unitType": f"Product_Level-{level}",
        },
    )
    document = el(
        "xfdu:XFDU",
        el("informationPackageMap", package),
        el("metadataSection", *(_wrap(*block) for block in _blocks(granule))),
        el("dataObjectSection", *(_object(entry) for entry in entries)),
        attributes=namespaces,
    )
    return render(document, declaration='<?xml version="1.0" encoding="UTF-8" standalone="no"?>', indent="    ")


def _object(entry: Entry) -> Node:
    stream = el(
        "byteStream",
        el("fileLocation", attributes={"href": f"./{entry.path}", "locatorType": "URL"}),
        el("checksum", entry.checksum, attributes={"checksumName": "SHA3-256"}),
        attributes={"mimeType": entry.mime_type, "size": entry.size},
    )
    return el("dataObject", stream, attributes={"ID": entry.kind})


def _wrap(name: str, title: str, content: Node) -> Node:
    provenance = name == "processing"
    return el(
        "metadataObject",
        el(
            "metadataWrap",
            el("xmlData", content),
            attributes={"mimeType": "text/xml", "textInfo": title, "vocabularyName": "Sentinel-SAFE"},
        ),
        attributes={
            "ID": name,
            "category": "PDI" if provenance else "DMD",
            "classification": "PROVENANCE" if provenance else "DESCRIPTION",
        },
    )


def _blocks(granule: Granule) -> list[tuple[str, str, Node]]:
    ring = " ".join(f"{latitude:.12g} {longitude:.12g}" for longitude, latitude in granule.tile.outline())
    period = el("safe:acquisitionPeriod", el("safe:startTime", xml_ms(granule.sensing)))
    numbers = {"groundTrackDirection": "descending", "type": "start"}
    orbit = el(
        "safe:orbitReference",
        el("safe:orbitNumber", f"{granule.orbit:06d}", attributes=numbers),
        el("safe:relativeOrbitNumber", f"{granule.relative_orbit:03d}", attributes={"type": "start"}),
    )
    instrument = el("safe:familyName", "Multi-Spectral Instrument", attributes={"abbreviation": "MSI"})
    platform = el(
        "safe:platform",
        el("safe:nssdcIdentifier", {"B": "2017-013A", "C": "2024-157A"}[granule.unit]),
        el("safe:familyName", "SENTINEL"),
        el("safe:number", f"2{granule.unit}"),
        el("safe:instrument", instrument),
    )
    processing = el(
        "safe:processing",
        attributes={
            "name": f"Generation of Level-{granule.level[1:]} User Product",
            "start": xml_ms(granule.processed),
        },
    )
    footprint = el(
        "safe:footPrint",
        el("gml:coordinates", ring + " "),
        attributes={"srsName": "http://www.opengis.net/gml/srs/epsg.xml#4326"},
    )
    return [
        ("acquisitionPeriod", "Acquisition Period", period),
        ("measurementOrbitReference", "Orbit Reference", orbit),
        ("platform", "Platform Description", platform),
        ("processing", "Processing", processing),
        ("measurementFrameSet", "Frame Set", el("safe:frameSet", footprint)),
    ]
