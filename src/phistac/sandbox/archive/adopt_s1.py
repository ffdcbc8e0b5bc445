"""A catalogue record out of a Sentinel-1 product's manifest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from phistac.errors import FormatError
from phistac.sandbox.archive.adopt_xml import attributes_of, load, rings, text, texts
from phistac.sandbox.archive.naming import s1_folder, s3_path
from phistac.sandbox.archive.rows import Footprint, Record
from phistac.sandbox.archive.times import odata, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from lxml import etree

__all__ = ["product_type_of", "record"]

_NAME = re.compile(r"S1[A-Z]_(?P<type>[A-Z\d]{2}_[A-Z]{3}[FHM_]_[\dA_][SAN_])(?P<polarization>[A-Z]{2})_")
_OPTIONAL = {
    "sliceNumber": ("sliceNumber", "Integer"),
    "totalSlices": ("totalSlices", "Integer"),
    "segmentStartTime": ("segmentStartTime", "DateTimeOffset"),
}


def product_type_of(name: str) -> str:
    """Return the catalogue's product type of a Sentinel-1 name.

    Raises
    ------
    FormatError
        If the name does not follow the naming rules.

    Examples
    --------
    >>> product_type_of("S1A_IW_GRDH_1SDV_20250828T055836_20250828T055901_060732_078EF5_BD98_COG.SAFE")
    'IW_GRDH_1S-COG'
    """
    match = _NAME.match(name)
    if match is None:
        raise FormatError(f"{name} is not the name of a Sentinel-1 product", remedy="Give the folder its real name.")
    return match["type"] + ("-COG" if name.endswith("_COG.SAFE") else "")


def record(folder: Path) -> Record:
    """Return the record of the product in ``folder``; publication is taken to be the end of processing."""
    root = load(folder / "manifest.safe")
    name, product_type = folder.name, product_type_of(folder.name)
    start, stop = parse(text(root, "startTime")), parse(text(root, "stopTime"))
    processed = parse(attributes_of(root, "processing")[0].get("stop", text(root, "stopTime")))
    outlines = _outlines(root)
    return Record(
        name=name,
        s3_path=s3_path("Sentinel-1", s1_folder(product_type), start, name),
        start=start,
        stop=stop,
        outline=outlines[0] if outlines else None,
        more_outlines=tuple(outlines[1:]),
        attributes=list(_attributes(root, product_type, start, stop, processed)),
        size=sum(int(stream["size"]) for stream in attributes_of(root, "byteStream")),
        published=processed,
        origin=processed,
        quicklook=_has_pixels(folder / "preview" / "quick-look.png"),
    )


def _has_pixels(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 1


def _outlines(root: etree._Element) -> list[Footprint]:
    """Return the frames: the manifest goes near-far-far-near from the last line, the catalogue the other way round."""
    found: list[Footprint] = []
    for coordinates in texts(root, "coordinates"):
        pairs = [pair.split(",") for pair in coordinates.split()]
        points = [(float(longitude), float(latitude)) for latitude, longitude in pairs]
        found += rings([points[0], *points[:0:-1]])
    return found


def _attributes(
    root: etree._Element, product_type: str, start: datetime, stop: datetime, processed: datetime
) -> Iterator[tuple[str, str, object]]:
    facility, software = attributes_of(root, "facility")[0], attributes_of(root, "software")[0]
    anx = [float(value) for name in ("startTimeANX", "stopTimeANX") for value in texts(root, name)[:1]]
    polarizations = texts(root, "transmitterReceiverPolarisation")
    yield "origin", "String", "CLOUDFERRO" if product_type.endswith("-COG") else "ESA"
    yield "datatakeID", "Integer", int(text(root, "missionDataTakeID"))
    yield "timeliness", "String", text(root, "productTimelinessCategory", "Fast-24h")
    yield "cycleNumber", "Integer", int(text(root, "cycleNumber"))
    yield "orbitNumber", "Integer", int(text(root, "orbitNumber"))
    for element, (name, kind) in _OPTIONAL.items():
        for value in texts(root, element)[:1]:
            yield name, kind, odata(parse(value)) if kind == "DateTimeOffset" else int(value)
    yield "productClass", "String", text(root, "productClass", "S")
    yield "processorName", "String", software["name"]
    yield "orbitDirection", "String", text(root, "pass")
    yield "processingDate", "DateTimeOffset", odata(processed)
    yield "operationalMode", "String", product_type[:2] if product_type[:2] in {"IW", "EW", "WV"} else "SM"
    yield "processingLevel", "String", f"LEVEL{product_type[8]}"
    yield "swathIdentifier", "String", ",".join(dict.fromkeys(texts(root, "swath"))) or product_type[:2]
    yield "processingCenter", "String", facility["site"]
    yield "processorVersion", "String", software["version"]
    yield "sliceProductFlag", "Boolean", False  # the catalogue says false where manifests say true
    yield "platformShortName", "String", "SENTINEL-1"
    yield "productComposition", "String", text(root, "productComposition", "Individual")
    yield "instrumentShortName", "String", "SAR"
    yield "relativeOrbitNumber", "Integer", int(text(root, "relativeOrbitNumber"))
    yield "polarisationChannels", "String", "&".join(polarizations)
    yield "platformSerialIdentifier", "String", text(root, "number")
    yield "instrumentConfigurationID", "Integer", int(text(root, "instrumentConfigurationID", "0"))
    for name, milliseconds in zip(("startTimeFromAscendingNode", "completionTimeFromAscendingNode"), anx, strict=False):
        yield name, "Double", milliseconds
    yield "productType", "String", product_type
    yield "beginningDateTime", "DateTimeOffset", odata(start)
    yield "endingDateTime", "DateTimeOffset", odata(stop)
