"""What a Sentinel-1 manifest tells of its product: processing, platform, orbit, data take, period, footprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.s1_grid import solve
from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import el

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.xmltext import Node

__all__ = ["TOTAL_SLICES", "blocks", "outline", "segment_start", "span"]

TOTAL_SLICES = 24


def outline(images: list[Image]) -> list[tuple[float, float]]:
    """Return the closed outline of all images: near at the last and first line, then far at the first and last line.

    "Near" is the first sample of the first sub-swath, "far" the last of the last; lines are the first and last of any.
    """
    passed = images[0].scene.passed
    seconds = np.array([(moment - passed.anx).total_seconds() for moment in span(images)])
    slant_times = np.array([min(i.grid.slant_times[0] for i in images), max(i.grid.slant_times[-1] for i in images)])
    longitude, latitude, *_ = solve(passed, seconds, slant_times)
    corners = ((1, 0), (0, 0), (0, 1), (1, 1), (1, 0))
    return [(round(float(longitude[c]), 6), round(float(latitude[c]), 6)) for c in corners]


def span(images: list[Image]) -> tuple[datetime, datetime]:
    """Return first and last line of any image."""
    return min(image.start for image in images), max(image.stop for image in images)


def blocks(images: list[Image], processed: datetime) -> list[tuple[str, str, Node]]:
    """Return identifier, title and content of every wrapped metadata object."""
    first = images[0]
    return [
        ("processing", "Processing", _processing(first, processed)),
        ("platform", "Platform Description", _platform(images)),
        ("measurementOrbitReference", "Orbit Reference", _orbit(first)),
        ("generalProductInformation", "General Product Information", _general(first)),
        ("acquisitionPeriod", "Acquisition Period", _period(images)),
        ("measurementFrameSet", "Frame Set", _frames(images)),
    ]


def _processing(image: Image, processed: datetime) -> Node:
    mission = image.scene.passed.mission
    software = el("safe:software", attributes={"name": "Sentinel-1 IPF", "version": image.scene.passed.ipf})
    place = {"country": "Italy", "name": f"{mission}-PS", "organisation": "ESA", "site": "S1 Production Service-SERCO"}
    facility = el("safe:facility", software, attributes=place)
    name = f"{image.product_type} Post Processing"
    return el("safe:processing", facility, attributes={"name": name, "start": anno(processed), "stop": anno(processed)})


def _platform(images: list[Image]) -> Node:
    passed = images[0].scene.passed
    names = [image.swath_name for image in images[: max(1, len(images) // 2)]]
    swaths = list(dict.fromkeys(names)) if images[0].swath else [images[0].swath_name]
    mode = el(
        "s1sarl1:instrumentMode",
        el("s1sarl1:mode", images[0].scene.mode.name),
        *(el("s1sarl1:swath", name) for name in swaths),
    )
    return el(
        "safe:platform",
        el("safe:nssdcIdentifier", passed.nssdc),
        el("safe:familyName", "SENTINEL-1"),
        el("safe:number", passed.unit),
        el(
            "safe:instrument",
            el("safe:familyName", "Synthetic Aperture Radar", attributes={"abbreviation": "SAR"}),
            el("safe:extension", mode),
        ),
    )


def _orbit(image: Image) -> Node:
    passed = image.scene.passed
    numbers = [("orbitNumber", passed.orbit), ("relativeOrbitNumber", passed.relative_orbit)]
    return el(
        "safe:orbitReference",
        *(el(f"safe:{name}", value, attributes={"type": end}) for name, value in numbers for end in ("start", "stop")),
        el("safe:cycleNumber", passed.cycle),
        el("safe:phaseIdentifier", 1),
        el(
            "safe:extension",
            el(
                "s1:orbitProperties",
                el("s1:pass", passed.direction),
                el("s1:ascendingNodeTime", anno(passed.anx)),
            ),
        ),
    )


def _general(image: Image) -> Node:
    passed = image.scene.passed
    facts: list[tuple[str, str | int]] = [
        ("instrumentConfigurationID", passed.configuration),
        ("missionDataTakeID", passed.datatake),
        *(("transmitterReceiverPolarisation", both.upper()) for both in image.scene.mode.detected_polarizations),
        ("productClass", "S"),
        ("productClassDescription", "SAR Standard L1 Product"),
        ("productComposition", "Slice"),
        ("productType", image.product_type),
        ("productTimelinessCategory", "Fast-24h"),
        ("sliceProductFlag", "true"),
        ("segmentStartTime", anno(segment_start(image))),
        ("sliceNumber", image.scene.slice_number),
        ("totalSlices", TOTAL_SLICES),
    ]
    return el("s1sarl1:standAloneProductInformation", *(el(f"s1sarl1:{name}", value) for name, value in facts))


def segment_start(image: Image) -> datetime:
    """Return when the data take began: 25 s per slice earlier."""
    return shift(image.scene.start, -25.0 * image.scene.slice_number)


def _period(images: list[Image]) -> Node:
    start, stop = span(images)
    anx = images[0].scene.passed.anx
    after = [f"{(moment - anx).total_seconds() * 1e3:.6e}" for moment in (start, stop)]
    times = el("s1:timeANX", el("s1:startTimeANX", after[0]), el("s1:stopTimeANX", after[1]))
    return el(
        "safe:acquisitionPeriod",
        el("safe:startTime", anno(start)),
        el("safe:stopTime", anno(stop)),
        el("safe:extension", times),
    )


def _frames(images: list[Image]) -> Node:
    last_near, first_near, first_far, last_far, _ = outline(images)
    corners = (last_near, last_far, first_far, first_near)
    text = " ".join(f"{latitude:.6f},{longitude:.6f}" for longitude, latitude in corners)
    footprint = el(
        "safe:footPrint",
        el("gml:coordinates", text),
        attributes={"srsName": "http://www.opengis.net/gml/srs/epsg.xml#4326"},
    )
    return el("safe:frameSet", el("safe:frame", footprint))
