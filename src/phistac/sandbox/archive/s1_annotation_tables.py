"""Tables at the end of a product annotation: bursts, geolocation grid, ground range conversion, swath merging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import Node, counted, el, values

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.s1_scene import Burst, Swath

__all__ = ["coordinate_conversion", "geolocation", "swath_merging", "swath_timing"]


def _g(tag: str, value: float) -> Node:
    return el(tag, f"{value:.15e}")


def swath_timing(image: Image) -> Node:
    """Return the burst table: empty for detected images and for modes without bursts."""
    swath = image.swath if image.swath is not None and image.swath.tops else None
    numbered = image.scene.passed.ipf >= "003.40"
    return el(
        "swathTiming",
        el("linesPerBurst", swath.lines_per_burst if swath else 0),
        el("samplesPerBurst", swath.samples if swath else 0),
        counted("burstList", [_burst(swath, burst, numbered=numbered) for burst in swath.bursts] if swath else []),
    )


def _burst(swath: Swath, burst: Burst, *, numbered: bool) -> Node:
    lines, samples = swath.valid
    inside = range(lines.start, lines.stop)
    first = [samples.start if line in inside else -1 for line in range(swath.lines_per_burst)]
    last = [samples.stop - 1 if line in inside else -1 for line in range(swath.lines_per_burst)]
    return el(
        "burst",
        el("azimuthTime", anno(burst.azimuth_time)),
        _g("azimuthAnxTime", burst.anx_s),
        el("sensingTime", anno(burst.sensing_time)),
        el("byteOffset", burst.byte_offset),
        values("firstValidSample", first, "%d"),
        values("lastValidSample", last, "%d"),
        *([Node("burstId", (("absolute", str(burst.absolute)),), str(burst.number))] if numbered else []),
    )


def geolocation(image: Image) -> Node:
    """Return the geolocation grid, row by row."""
    grid, anx = image.grid, image.scene.passed.anx
    points = []
    for row, line in enumerate(grid.lines.tolist()):
        moment = anno(shift(anx, float(grid.anx_s[row])))
        for column, pixel in enumerate(grid.pixels.tolist()):
            points.append(
                el(
                    "geolocationGridPoint",
                    el("azimuthTime", moment),
                    _g("slantRangeTime", grid.slant_times[column]),
                    el("line", line),
                    el("pixel", pixel),
                    _g("latitude", grid.latitude[row, column]),
                    _g("longitude", grid.longitude[row, column]),
                    _g("height", 0.0),
                    _g("incidenceAngle", grid.incidence[row, column]),
                    _g("elevationAngle", grid.elevation[row, column]),
                )
            )
    return el("geolocationGrid", counted("geolocationGridPointList", points))


def coordinate_conversion(image: Image) -> Node:
    """Return the ground range polynomials of detected images, nine coefficients each."""
    relation = image.relation
    if relation is None:
        return el("coordinateConversion", counted("coordinateConversionList", []))
    slant = [*relation.to_slant, 0.0, 0.0, 0.0]
    ground = [*relation.to_ground, 0.0, 0.0, 0.0]
    duration = (image.stop - image.start).total_seconds()
    conversions = [
        el(
            "coordinateConversion",
            el("azimuthTime", anno(shift(image.start, step * duration / 2))),
            _g("slantRangeTime", image.grid.slant_times[0]),
            _g("sr0", relation.slant_range),
            values("srgrCoefficients", ground, "%.15e"),
            _g("gr0", 0.0),
            values("grsrCoefficients", slant, "%.15e"),
        )
        for step in range(3)
    ]
    return el("coordinateConversion", counted("coordinateConversionList", conversions))


def swath_merging(image: Image) -> Node:
    """Return which samples of a detected image come from which sub-swath: a third each."""
    if image.swath is not None:
        return el("swathMerging", counted("swathMergeList", []))
    third = image.layout.samples // 3
    merges = []
    for index, swath in enumerate(image.swaths):
        last = image.layout.samples - 1 if index == len(image.swaths) - 1 else third * (index + 1) - 1
        bounds = el(
            "swathBounds",
            el("azimuthTime", anno(image.start)),
            el("firstAzimuthLine", 0),
            el("firstRangeSample", third * index),
            el("lastAzimuthLine", image.layout.lines - 1),
            el("lastRangeSample", last),
        )
        merges.append(el("swathMerge", el("swath", swath.beam.name), counted("swathBoundsList", [bounds])))
    return el("swathMerging", counted("swathMergeList", merges))
