"""``qualityInformation`` and ``generalAnnotation``: statistics, orbit, attitude, terrain height, FM rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.s1_annotation_telemetry import downlink, noise, raw_data, replica
from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import counted, el, values

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.xmltext import Node

__all__ = ["general_annotation", "image_statistics", "quality_information"]

_STEERING_DEG_S = {"IW": 1.590368784, "EW": 2.390895448}
_RATE = "azimuthFmRatePolynomial"
_FLAGS = (
    ("numDownlinkInputDataGaps", "downlinkGapsInInputDataSignificantFlag"),
    ("numDownlinkInputMissingLines", "downlinkMissingLinesSignificantFlag"),
    ("numInstrumentInputDataGaps", "instrumentGapsInInputDataSignificantFlag"),
    ("numInstrumentInputMissingLines", "instrumentMissingLinesSignificantFlag"),
    ("numSsbErrorInputDataGaps", "ssbErrorGapsInInputDataSignificantFlag"),
    ("numSsbErrorInputMissingLines", "ssbErrorMissingLinesSignificantFlag"),
)


def _g(tag: str, value: float) -> Node:
    return el(tag, f"{value:.15e}")


def _e(tag: str, value: float) -> Node:
    return el(tag, f"{value:.6e}")


def image_statistics(image: Image) -> Node:
    """Return mean and standard deviation of the output, as they come out of the pixels made here."""
    detected = image.swath is None
    return el(
        "imageStatistics",
        el("outputDataMean", _e("re", 118.0 if detected else 0.0), _e("im", 0.0)),
        el("outputDataStdDev", _e("re", 55.0 if detected else 60.0), _e("im", 0.0 if detected else 60.0)),
    )


def quality_information(image: Image) -> Node:
    """Return the quality block: everything passed."""
    packets = el(
        "downlinkQuality",
        *(_g(f"{c}InputDataMean", 0.3) for c in "iq"),
        el("inputDataMeanOutsideNominalRangeFlag", "false"),
        *(_g(f"{c}InputDataStdDev", 6.0) for c in "iq"),
        el("inputDataStDevOutsideNominalRangeFlag", "false"),
        *(node for count, flag in _FLAGS for node in (el(count, 0), el(flag, "false"))),
        el("chirpSourceUsed", "Nominal"),
        el("pgSourceUsed", "Extracted"),
        el("rrfSpectrumUsed", "Extended Tapered"),
        el("replicaReconstructionFailedFlag", "false"),
        *(_g(f"{s}PgProduct{q}", v) for q, v in (("Amplitude", 0.66), ("Phase", -1.4)) for s in ("mean", "stdDev")),
        el("pgProductDerivationFailedFlag", "false"),
        el("invalidDownlinkParamsFlag", "false"),
    )
    raw = el(
        "rawDataAnalysisQuality",
        *(node for c in "iq" for node in (_g(f"{c}Bias", 0.3), el(f"{c}BiasSignificanceFlag", "true"))),
        _g("iqGainImbalance", 0.98),
        el("iqGainSignificanceFlag", "true"),
        _g("iqQuadratureDeparture", 0.1),
        el("iqQuadratureDepartureSignificanceFlag", "true"),
    )
    doppler = el("dopplerCentroidQuality", el("dcMethod", "Data Analysis"), el("dopplerCentroidUncertainFlag", "false"))
    quality = el(
        "imageQuality",
        image_statistics(image),
        el("outputDataMeanOutsideNominalRangeFlag", "false"),
        el("outputDataStDevOutsideNominalRangeFlag", "false"),
    )
    data = el("qualityData", el("azimuthTime", anno(image.start)), packets, raw, doppler, quality)
    return el("qualityInformation", _g("productQualityIndex", 0.0), counted("qualityDataList", [data]))


def general_annotation(image: Image) -> Node:
    """Return product information, telemetry, orbit, attitude, replica, noise, terrain height and FM rate."""
    passed = image.scene.passed
    information = el(
        "productInformation",
        el("pass", passed.direction.capitalize()),
        el("timelinessCategory", "Fast-24h"),
        _g("platformHeading", _heading(image)),
        el("projection", "Ground Range" if image.swath is None else "Slant Range"),
        _g("rangeSamplingRate", image.sampling_rate),
        _g("radarFrequency", 5.405000454334350e09),
        _g("azimuthSteeringRate", _STEERING_DEG_S.get(image.scene.mode.name, 0.0)),
    )
    heights = [
        el("terrainHeight", el("azimuthTime", anno(shift(image.start, 5.0 * i - 10))), _g("value", 100.0))
        for i in range(5)
    ]
    return el(
        "generalAnnotation",
        information,
        counted("downlinkInformationList", [downlink(image, swath) for swath in image.swaths]),
        counted("orbitList", _orbit(image)),
        counted("attitudeList", _attitude(image)),
        counted("rawDataAnalysisList", [raw_data(image) for _ in image.swaths]),
        counted("replicaInformationList", [replica(swath) for swath in image.swaths]),
        counted("noiseList", [noise(swath) for swath in image.swaths]),
        counted("terrainHeightList", heights),
        counted("azimuthFmRateList", _fm_rates(image)),
    )


def _heading(image: Image) -> float:
    grid = image.grid
    east = (grid.longitude[-1, 0] - grid.longitude[0, 0]) * np.cos(np.radians(grid.latitude[0, 0]))
    return float(np.degrees(np.arctan2(east, grid.latitude[-1, 0] - grid.latitude[0, 0])))


def _orbit(image: Image) -> list[Node]:
    """Return 17 state vectors, ten seconds apart, from about a minute before the image on."""
    passed = image.scene.passed
    first = (image.scene.start - passed.anx).total_seconds() - 66
    seconds = first + 10.0 * np.arange(17, dtype=np.float64)
    nodes = []
    for second, position, velocity in zip(seconds, *passed.track.state(passed.orbit, seconds), strict=True):
        nodes.append(
            el(
                "orbit",
                el("time", anno(shift(passed.anx, float(second)))),
                el("frame", "Earth Fixed"),
                el("position", *(_g(axis, float(v)) for axis, v in zip("xyz", position, strict=True))),
                el("velocity", *(_g(axis, float(v)) for axis, v in zip("xyz", velocity, strict=True))),
            )
        )
    return nodes


def _attitude(image: Image) -> list[Node]:
    numbers = {"q0": -0.369118, "q1": 0.2703475, "q2": 0.07065514, "q3": 0.8863814}
    rates = {"wx": 5.1e-05, "wy": -9.5e-04, "wz": -4.8e-04, "roll": 29.93720881, "pitch": 0.1, "yaw": -3.7}
    return [
        el(
            "attitude",
            el("time", anno(shift(image.start, float(i)))),
            el("frame", "GM2000"),
            *(_e(name, value) for name, value in numbers.items()),
            *(_g(name, value) for name, value in rates.items()),
        )
        for i in range(25)
    ]


def _old_rate(polynomial: tuple[float, ...]) -> list[Node]:
    """Return the three coefficients as processors before IPF 2.43 wrote them."""
    return [_g(f"c{degree}", value) for degree, value in enumerate(polynomial)]


def _fm_rates(image: Image) -> list[Node]:
    """Return azimuth FM rate polynomials about ``t0``: a burst apart, one more than there are bursts."""
    passed, t0 = image.scene.passed, image.swaths[0].slant_range_time
    polynomial = (-2.3197e03 * (5.34e-3 / t0), 4.5098e05, -7.9277e07)
    return [
        el(
            "azimuthFmRate",
            el("azimuthTime", anno(shift(image.start, 2.758273 * i - 1.21))),
            _g("t0", t0),
            *(_old_rate(polynomial) if passed.ipf < "002.43" else [values(_RATE, polynomial, "%.15e")]),
        )
        for i in range(len(image.swaths[0].bursts) + 2)
    ]
