"""Catalogue attributes of Sentinel-1 products: names, types and order of real records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.s1_facts import TOTAL_SLICES, segment_start, span
from phistac.sandbox.archive.times import odata

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.s1_image import Image

__all__ = ["attributes"]

_NOT_IN_COG = frozenset(
    {"totalSlices", "segmentStartTime", "sliceProductFlag", "productComposition", "instrumentConfigurationID"}
)


def attributes(images: list[Image], product_type: str, processed: datetime) -> list[tuple[str, str, object]]:
    """Return name, type and value of every attribute."""
    passed, scene = images[0].scene.passed, images[0].scene
    start, stop = span(images)
    is_cog = product_type.endswith("-COG")
    everything: list[tuple[str, str, object]] = [
        ("origin", "String", "CLOUDFERRO" if is_cog else "ESA"),
        ("datatakeID", "Integer", passed.datatake),
        ("timeliness", "String", "Fast-24h"),
        ("cycleNumber", "Integer", passed.cycle),
        ("orbitNumber", "Integer", passed.orbit),
        ("sliceNumber", "Integer", scene.slice_number),
        ("totalSlices", "Integer", TOTAL_SLICES),
        ("productClass", "String", "S"),
        ("processorName", "String", "Sentinel-1 IPF"),
        ("orbitDirection", "String", passed.direction),
        ("processingDate", "DateTimeOffset", odata(processed)),
        ("operationalMode", "String", scene.mode.name),
        ("processingLevel", "String", "LEVEL1"),
        ("swathIdentifier", "String", ",".join(dict.fromkeys(image.swath_name for image in images))),
        ("processingCenter", "String", "S1 Production Service-SERCO"),
        ("processorVersion", "String", passed.ipf),
        ("segmentStartTime", "DateTimeOffset", odata(segment_start(images[0]))),
        ("sliceProductFlag", "Boolean", False),  # the catalogue says false where manifests say true
        ("platformShortName", "String", "SENTINEL-1"),
        ("productComposition", "String", "Slice"),
        ("instrumentShortName", "String", "SAR"),
        ("relativeOrbitNumber", "Integer", passed.relative_orbit),
        ("polarisationChannels", "String", "&".join(scene.mode.detected_polarizations).upper()),
        ("platformSerialIdentifier", "String", passed.unit),
        ("instrumentConfigurationID", "Integer", passed.configuration),
        ("startTimeFromAscendingNode", "Double", float(round((start - passed.anx).total_seconds() * 1e3))),
        ("completionTimeFromAscendingNode", "Double", float(round((stop - passed.anx).total_seconds() * 1e3))),
        ("productType", "String", product_type),
        ("beginningDateTime", "DateTimeOffset", odata(start)),
        ("endingDateTime", "DateTimeOffset", odata(stop)),
    ]
    return [triple for triple in everything if not (is_cog and triple[0] in _NOT_IN_COG)]
