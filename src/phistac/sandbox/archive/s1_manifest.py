"""``manifest.safe`` of a Sentinel-1 product: what the product is, and every object with its size and MD5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.s1_facts import blocks
from phistac.sandbox.archive.xmltext import Node, el, render

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.digests import Entry
    from phistac.sandbox.archive.s1_image import Image

__all__ = ["manifest"]

_SAFE = "http://www.esa.int/safe/sentinel-1.0"
_SCHEMAS = {
    "s1Level1ProductSchema": "s1-level-1-product",
    "s1Level1NoiseSchema": "s1-level-1-noise",
    "s1Level1RfiSchema": "s1-level-1-rfi",
    "s1Level1CalibrationSchema": "s1-level-1-calibration",
    "s1ObjectTypesSchema": "s1-object-types",
    "s1Level1MeasurementSchema": "s1-level-1-measurement",
    "s1Level1ProductPreviewSchema": "s1-product-preview",
    "s1Level1QuickLookSchema": "s1-level-1-quicklook",
    "s1Level1MapOverlaySchema": "s1-map-overlay",
}


def manifest(images: list[Image], entries: list[Entry], processed: datetime) -> bytes:
    """Return the manifest of the product that consists of these images and entries."""
    kind, mode = images[0].product_type.lower(), images[0].scene.mode.name
    namespaces = {
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xmlns:gml": "http://www.opengis.net/gml",
        "xmlns:xfdu": "urn:ccsds:schema:xfdu:1",
        "xmlns:safe": _SAFE,
        "xmlns:s1": f"{_SAFE}/sentinel-1",
        "xmlns:s1sar": f"{_SAFE}/sentinel-1/sar",
        "xmlns:s1sarl1": f"{_SAFE}/sentinel-1/sar/level-1",
        "version": f"esa/safe/sentinel-1.0/sentinel-1/sar/level-1/{kind}/standard/{mode.lower()}dp",
    }
    described = [_pointer(entry) for entry in entries if entry.kind != "s1Level1MeasurementSchema"]
    wrapped = [_wrap(*block) for block in blocks(images, processed)]
    schemas = [_schema(name, file) for name, file in _SCHEMAS.items()]
    document = el(
        "xfdu:XFDU",
        _package(entries, images[0].product_type, mode),
        el("metadataSection", *described, *wrapped, *schemas),
        el("dataObjectSection", *(_object(entry) for entry in entries)),
        attributes=namespaces,
    )
    return render(document)


def _package(entries: list[Entry], product_type: str, mode: str) -> Node:
    units = [
        el(
            "xfdu:contentUnit",
            el("dataObjectPointer", attributes={"dataObjectID": _identifier(entry)}),
            attributes={"unitType": _unit(entry), "repID": entry.kind},
        )
        for entry in entries
    ]
    described = "acquisitionPeriod platform generalProductInformation measurementOrbitReference measurementFrameSet"
    information = {
        "unitType": "SAFE Archive Information Package",
        "textInfo": f"Sentinel-1 {mode} Level-1 {product_type} Product",
        "dmdID": described,
        "pdiID": "processing",
    }
    return el("informationPackageMap", el("xfdu:contentUnit", *units, attributes=information))


def _unit(entry: Entry) -> str:
    return "Measurement Data Unit" if entry.kind == "s1Level1MeasurementSchema" else "Metadata Unit"


def _identifier(entry: Entry) -> str:
    stem = entry.path.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", "")
    if entry.path.startswith("preview/"):
        return stem
    return f"product{stem}" if entry.kind == "s1Level1ProductSchema" else stem


def _pointer(entry: Entry) -> Node:
    name = _identifier(entry)
    pointer = el("dataObjectPointer", attributes={"dataObjectID": name})
    return el(
        "metadataObject",
        pointer,
        attributes={"ID": f"{name}Annotation", "classification": "DESCRIPTION", "category": "DMD"},
    )


def _object(entry: Entry) -> Node:
    stream = el(
        "byteStream",
        el("fileLocation", attributes={"locatorType": "URL", "href": f"./{entry.path}"}),
        el("checksum", entry.checksum, attributes={"checksumName": "MD5"}),
        attributes={"mimeType": entry.mime_type, "size": entry.size},
    )
    return el("dataObject", stream, attributes={"ID": _identifier(entry), "repID": entry.kind})


def _schema(name: str, file: str) -> Node:
    reference = {
        "mimeType": "text/xml",
        "vocabularyName": "XML Schema",
        "locatorType": "URL",
        "href": f"./support/{file}.xsd",
    }
    return el(
        "metadataObject",
        el("metadataReference", attributes=reference),
        attributes={"ID": name, "classification": "SYNTAX", "category": "REP"},
    )


def _wrap(name: str, title: str, content: Node) -> Node:
    provenance = name == "processing"
    return el(
        "metadataObject",
        el(
            "metadataWrap",
            el("xmlData", content),
            attributes={"mimeType": "text/xml", "vocabularyName": "SAFE", "textInfo": title},
        ),
        attributes={
            "ID": name,
            "classification": "PROVENANCE" if provenance else "DESCRIPTION",
            "category": "PDI" if provenance else "DMD",
        },
    )
