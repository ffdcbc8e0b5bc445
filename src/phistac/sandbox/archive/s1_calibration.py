"""Calibration, noise and RFI annotations of a Sentinel-1 image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.s1_annotation import header
from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import counted, el, render, values

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image

__all__ = ["calibration", "noise", "rfi"]

_BETA = 237.0
"""``betaNought`` of real IW products: amplitude of 1 m2/m2."""


def _vectors(image: Image) -> tuple[list[int], list[int], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return lines and pixels of the look-up tables, and the incidence angle (radians) at the pixels."""
    lines = list(range(-1, image.layout.lines + 2, max(1, image.layout.lines // 6)))
    pixels = [*range(0, image.layout.samples - 1, max(40, image.layout.samples // 40)), image.layout.samples - 1]
    return lines, pixels, np.radians(np.interp(pixels, image.grid.pixels, image.grid.incidence[0]))


def calibration(image: Image) -> bytes:
    """Return the calibration annotation: sigma, beta and gamma nought, and DN, on a sparse grid."""
    lines, pixels, incidence = _vectors(image)
    tables = {
        "sigmaNought": _BETA / np.sqrt(np.sin(incidence)),
        "betaNought": np.full(len(pixels), _BETA),
        "gamma": _BETA / np.sqrt(np.tan(incidence)),
        "dn": np.full(len(pixels), _BETA),
    }
    vectors = [
        el(
            "calibrationVector",
            el("azimuthTime", anno(shift(image.start, line * image.interval))),
            el("line", line),
            values("pixel", pixels, "%d"),
            *(values(name, table.tolist(), "%.6e") for name, table in tables.items()),
        )
        for line in lines
    ]
    constant = el("calibrationInformation", el("absoluteCalibrationConstant", f"{1.0:.6e}"))
    return render(el("calibration", header(image), constant, counted("calibrationVectorList", vectors)))


def noise(image: Image) -> bytes:
    """Return the noise annotation: of IPF 2.9 and later with range vectors and azimuth vectors per sub-swath."""
    old = image.scene.passed.ipf < "002.90"
    _, pixels, incidence = _vectors(image)
    level = 400 + 200 * np.cos(6 * (incidence - incidence.mean()))
    starts = sorted(
        {round((b.azimuth_time - image.start).total_seconds() / image.interval) for b in image.swaths[0].bursts}
    )
    last_line, last_sample = image.layout.lines - 1, image.layout.samples - 1
    ranges = [
        el(
            "noiseVector" if old else "noiseRangeVector",
            el("azimuthTime", anno(shift(image.start, max(0, line) * image.interval))),
            el("line", max(0, line)),
            values("pixel", pixels, "%d"),
            values("noiseLut" if old else "noiseRangeLut", level.tolist(), "%.6e"),
        )
        for line in starts
    ]
    if old:
        return render(el("noise", header(image), counted("noiseVectorList", ranges)))
    azimuth = []
    third = image.layout.samples // len(image.swaths)
    lines = [*range(0, last_line, 10), last_line]
    for index, swath in enumerate(image.swaths):
        end = last_sample if index == len(image.swaths) - 1 else third * (index + 1) - 1
        azimuth.append(
            el(
                "noiseAzimuthVector",
                el("swath", swath.beam.name),
                el("firstAzimuthLine", 0),
                el("firstRangeSample", third * index),
                el("lastAzimuthLine", last_line),
                el("lastRangeSample", end),
                values("line", lines, "%d"),
                values("noiseAzimuthLut", (1 + 0.17 * np.cos(np.array(lines) / 9.0)).tolist(), "%.6e"),
            )
        )
    document = el(
        "noise", header(image), counted("noiseRangeVectorList", ranges), counted("noiseAzimuthVectorList", azimuth)
    )
    return render(document)


def rfi(image: Image) -> bytes:
    """Return the RFI annotation: nothing detected."""
    noises, reports = [], []
    for swath in image.swaths:
        for burst in swath.bursts:
            noises.append(
                el(
                    "rfiDetectionFromNoiseReport",
                    el("swath", swath.beam.name),
                    el("noiseSensingTime", anno(burst.sensing_time)),
                    el("rfiDetected", "false"),
                    *(el(name, f"{value:.6e}") for name, value in (("maxKLDivergence", 2.8), ("maxFisherZ", 3.5))),
                    el("maxRfiPsd", f"{0.0:.6e}"),
                )
            )
            reports.append(
                el(
                    "rfiBurstReport",
                    el("swath", swath.beam.name),
                    el("azimuthTime", anno(burst.azimuth_time)),
                    el("inBandOutBandPowerRatio", f"{6.761274:.6e}"),
                )
            )
    document = el(
        "rfi",
        header(image),
        el("rfiMitigationApplied", "None"),
        counted("rfiDetectionFromNoiseReportList", noises),
        counted("rfiBurstReportList", reports),
    )
    return render(document)
