"""``imageAnnotation``, ``dopplerCentroid`` and ``antennaPattern`` of a product annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.s1_annotation_general import image_statistics
from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import counted, el, values

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.s1_scene import Swath
    from phistac.sandbox.archive.xmltext import Node

__all__ = ["antenna_pattern", "doppler_centroid", "image_annotation"]

_SLICE_S = 25.0
_RFI = (("rfiMitigationPerformed", "BasedOnNoiseMeas"), ("rfiMitigationDomain", "TimeAndFrequency"))


def _g(tag: str, value: float) -> Node:
    return el(tag, f"{value:.15e}")


def _e(tag: str, value: float) -> Node:
    return el(tag, f"{value:.6e}")


def image_annotation(image: Image) -> Node:
    """Return image and processing information."""
    return el("imageAnnotation", _image_information(image), _processing_information(image))


def _image_information(image: Image) -> Node:
    scene, first = image.scene, image.swaths[0]
    anchor = shift(scene.start, -_SLICE_S * scene.slice_number)
    slices = [
        el(
            "slice",
            el("sliceNumber", number),
            el("sensingStartTime", anno(shift(anchor, _SLICE_S * (number - 1)))),
            el("sensingStopTime", anno(shift(anchor, _SLICE_S * number + 5))),
        )
        for number in (scene.slice_number, scene.slice_number + 1)
    ]
    incidence = image.grid.incidence[:, len(image.grid.pixels) // 2].mean()
    return el(
        "imageInformation",
        el("productFirstLineUtcTime", anno(image.start)),
        el("productLastLineUtcTime", anno(image.stop)),
        el("ascendingNodeTime", anno(scene.passed.anx)),
        el("anchorTime", anno(anchor)),
        el("productComposition", "Slice"),
        el("sliceNumber", scene.slice_number),
        counted("sliceList", slices),
        _g("slantRangeTime", first.slant_range_time),
        el("pixelValue", "Detected" if image.swath is None else "Complex"),
        el("outputPixels", "16 bit Unsigned Integer" if image.swath is None else "16 bit Signed Integer"),
        _e("rangePixelSpacing", image.spacing),
        _e("azimuthPixelSpacing", image.interval * 6_800),
        _g("azimuthTimeInterval", image.interval),
        _g("azimuthFrequency", 4.864863102995529e02),
        el("numberOfSamples", image.layout.samples),
        el("numberOfLines", image.layout.lines),
        _g("zeroDopMinusAcqTime", 274.691788),
        _g("incidenceAngleMidSwath", float(incidence)),
        image_statistics(image),
    )


def _processing_information(image: Image) -> Node:
    detected = image.swath is None
    applied = (
        "rxVariationCorrection",
        "antennaElevationPattern",
        "antennaAzimuthPattern",
        "antennaAzimuthElementPattern",
    )
    return el(
        "processingInformation",
        el("rawDataAnalysisUsed", "true"),
        el("orbitDataFileUsed", "true"),
        el("attitudeDataFileUsed", "false"),
        *(el(f"{name}Applied", "true") for name in applied),
        el("dcMethod", "Data Analysis"),
        el("dcInputData", "Range Compressed"),
        el("rangeSpreadingLossCompensationApplied", "true"),
        el("srgrConversionApplied", str(detected).lower()),
        el("detectionPerformed", str(detected).lower()),
        el("thermalNoiseCorrectionPerformed", "false"),
        *(el(name, text) for name, text in _RFI if image.scene.passed.ipf >= "003.40"),
        el("chirpSource", "Nominal"),
        el("pgSource", "Extracted"),
        el("rrfSpectrum", "Extended Tapered"),
        el("applicationLutId", f"{image.scene.mode.beam}_Default"),
        counted("swathProcParamsList", [_processing_parameters(swath) for swath in image.swaths]),
        counted("inputDimensionsList", [_input_dimensions(swath) for swath in image.swaths]),
        _g("referenceRange", 8.0e05),
        el("ellipsoidName", "WGS84"),
        _g("ellipsoidSemiMajorAxis", 6.378137e06),
        _g("ellipsoidSemiMinorAxis", 6.356752314245e06),
        el("bistaticDelayCorrectionApplied", "true"),
        el("topsFilterConvention", "Only Echo Lines"),
        el("orbitSource", "Auxiliary"),
        el("attitudeSource", "Downlink"),
    )


def _processing_parameters(swath: Swath) -> Node:
    def block(tag: str, coefficient: float, total: float, processed: float) -> Node:
        return el(
            tag,
            el("windowType", "Hamming"),
            _g("windowCoefficient", coefficient),
            _g("totalBandwidth", total),
            _g("processingBandwidth", processed),
            _g("lookBandwidth", processed),
            el("numberOfLooks", 1),
            _g("lookOverlap", 0.0),
        )

    return el(
        "swathProcParams",
        el("swath", swath.beam.name),
        block("rangeProcessing", 0.75, 5.650445548389234e07, 5.65e07),
        block("azimuthProcessing", 0.7, 327.0, 327.0),
        _e("processorScalingFactor", 8.802782e11),
    )


def _input_dimensions(swath: Swath) -> Node:
    return el(
        "inputDimensions",
        el("azimuthTime", anno(shift(swath.start, -1.6))),
        el("swath", swath.beam.name),
        el("numberOfInputSamples", swath.samples + 20),
        el("numberOfInputLines", swath.lines + 20),
    )


def doppler_centroid(image: Image) -> Node:
    """Return Doppler centroid estimates: a burst apart, one more than there are bursts."""
    swath = image.swaths[0]
    t0 = swath.slant_range_time + 1.5e-5
    fine = [el("fineDce", _g("slantRangeTime", t0 + 2e-5 * i), _g("frequency", 13.3 - 1.4 * i)) for i in range(4)]
    estimates = []
    for index in range(len(swath.bursts) + 2):
        moment = shift(image.start, 2.758273 * index - 0.25)
        estimates.append(
            el(
                "dcEstimate",
                el("azimuthTime", anno(moment)),
                _g("t0", t0),
                values("geometryDcPolynomial", (-1.944674e-01, 3.621525e02, -8.905403e04), "%.6e"),
                values("dataDcPolynomial", (1.329629e01, -7.085379e04, 6.367985e07), "%.6e"),
                _g("dataDcRmsError", 7.887320041656494),
                el("dataDcRmsErrorAboveThreshold", "false"),
                el("fineDceAzimuthStartTime", anno(shift(moment, -1.39))),
                el("fineDceAzimuthStopTime", anno(shift(moment, 1.39))),
                counted("fineDceList", fine),
            )
        )
    return el("dopplerCentroid", counted("dcEstimateList", estimates))


def antenna_pattern(image: Image) -> Node:
    """Return elevation patterns: one per burst, 21 angles each."""
    grid = image.grid
    times = np.linspace(grid.slant_times[0], grid.slant_times[-1], 21)
    elevation = np.interp(times, grid.slant_times, grid.elevation[0])
    incidence = np.interp(times, grid.slant_times, grid.incidence[0])
    gain = 1.2e14 * np.cos(np.radians(elevation - elevation.mean()) * 8) ** 2
    swath = image.swaths[0]
    patterns = [
        el(
            "antennaPattern",
            el("swath", swath.beam.name),
            el("azimuthTime", anno(burst.azimuth_time)),
            values("slantRangeTime", times.tolist(), "%.15e"),
            values("elevationAngle", elevation.tolist(), "%.6e"),
            values("elevationPattern", np.stack([gain, -gain / 2], 1).ravel().tolist(), "%.6e"),
            values("incidenceAngle", incidence.tolist(), "%.6e"),
            _g("terrainHeight", 0.0),
            _g("roll", 2.993720881392732e01),
        )
        for burst in swath.bursts
    ]
    return el("antennaPattern", counted("antennaPatternList", patterns))
