"""Telemetry in ``generalAnnotation``: downlink, raw data analysis, replica, noise; short and plausible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.archive.times import anno, shift
from phistac.sandbox.archive.xmltext import counted, el, values

if TYPE_CHECKING:
    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.s1_scene import Swath
    from phistac.sandbox.archive.xmltext import Node

__all__ = ["downlink", "noise", "raw_data", "replica"]

_PACKET_ERRORS = [
    "SyncMarker",
    "DataTakeId",
    "EccNumber",
    "TestMode",
    "RxChannelId",
    "InstrumentConfigId",
    "PacketCount",
    "PriCount",
    "SsbErrorFlag",
    "BaqMode",
    "BaqBlockLength",
    "RangeDecimation",
    "RxGain",
    "TxRampRate",
    "TxPulseStartFrequency",
    "Rank",
    "Pri",
    "Swst",
    "Swl",
    "Polarisation",
    "TempComp",
    "ElevationBeamAddress",
    "AzimuthBeamAddress",
    "SasTestMode",
    "CalType",
    "CalibrationBeamAddress",
    "CalMode",
    "TxPulseNumber",
    "SignalType",
    "SwapFlag",
    "SwathNumber",
    "NumberOfQuads",
]


def _g(tag: str, value: float) -> Node:
    return el(tag, f"{value:.15e}")


def _e(tag: str, value: float) -> Node:
    return el(tag, f"{value:.6e}")


def downlink(image: Image, swath: Swath) -> Node:
    """Return what the packets of a sub-swath said."""
    when = el("azimuthTime", anno(shift(swath.start, -1.6)))
    passed = image.scene.passed
    window = [("swlList", "swl", 3.7136e-04), ("swstList", "swst", 1.1363e-04)]
    pointing = el(
        "pointingStatus",
        when,
        el("aocsOpMode", "Normal Pointing Mode"),
        *(el(f"{axis}ErrorFlag", "false") for axis in ("roll", "pitch", "yaw")),
    )
    packets = el(
        "downlinkValues",
        _g("pri", 5.823674372819869e-04),
        el("rank", 9),
        el("dataTakeId", passed.datatake % 65536),
        el("eccNumber", 8),
        el("rxChannelId", 0),
        el("instrumentConfigId", passed.configuration),
        el(
            "dataFormat",
            el("baqBlockLength", 256),
            el("echoFormat", "FDBAQ"),
            el("noiseFormat", "BAQ 5 Bit"),
            el("calibrationFormat", "Decimation"),
            _g("meanBitRate", 0.54),
        ),
        el(
            "rangeDecimation",
            _g("decimationFilterBandwidth", 5.659e07),
            _g("samplingFrequencyAfterDecimation", image.sampling_rate),
            el("filterLength", 36),
        ),
        _g("rxGain", -4.0),
        _g("txPulseLength", 5.240481033595628e-05),
        _g("txPulseStartFrequency", -2.825153419637256e07),
        _g("txPulseRampRate", 1.078230321255894e12),
        el("swathNumber", 9 + int(swath.beam.name[-1])),
        *(counted(plural, [el(single, when, _g("value", value))]) for plural, single, value in window),
        counted("pointingStatusList", [pointing]),
    )
    return el(
        "downlinkInformation",
        el("swath", swath.beam.name),
        when,
        el("firstLineSensingTime", anno(swath.bursts[0].sensing_time)),
        el("lastLineSensingTime", anno(shift(swath.bursts[-1].sensing_time, swath.beam.echo))),
        _g("prf", 1.717128973878037e03),
        el("bitErrorCount", *(el(f"numErr{name}", 0) for name in _PACKET_ERRORS), el("numIspHeaderErrors", 0)),
        packets,
    )


def raw_data(image: Image) -> Node:
    """Return biases of the raw data."""
    four = [("iBias", 0.3), ("qBias", 0.3), ("iqQuadratureDeparture", 0.1), ("iqGainImbalance", 0.98)]
    bounds = ("iBias", "qBias", "iqGain", "iqQuadratureDeparture")
    used = ("iBias", "qBias", "iqGainImbalance", "iqQuadratureDeparture")
    support = el(
        "support",
        *(_g(f"{name}{side}Bound", sign * 0.01) for name in bounds for side, sign in (("Upper", 1), ("Lower", -1))),
        *(_g(f"{name}UsedForCorrection", 0.3) for name in used),
    )
    return el("rawDataAnalysis", el("azimuthTime", anno(image.start)), *(_g(n, v) for n, v in four), support)


def replica(swath: Swath) -> Node:
    """Return the reference replica and one reconstructed replica of a sub-swath."""
    reference = el(
        "referenceReplica",
        el("azimuthTime", anno(swath.start)),
        el("chirpSource", "Nominal"),
        el("pgSource", "Extracted"),
        values("amplitudeCoefficients", (1.0, 0.0, 0.0, 0.0), "%.6e"),
        values("phaseCoefficients", (0.0, 6.935456e02, 5.391152e11, 0.0), "%.6e"),
        _e("timeDelay", 4.366372e-07),
        el("gain", _e("re", 1.0), _e("im", 0.0)),
    )
    reconstructed = el(
        "replica",
        el("azimuthTime", anno(swath.start)),
        _e("crossCorrelationBandwidth", 0.985),
        _e("crossCorrelationPslr", -12.7),
        _e("crossCorrelationIslr", -9.55),
        _e("crossCorrelationPeakLocation", 0.0),
        el("reconstructedReplicaValidFlag", "true"),
        _e("pgProductAmplitude", 9.42e-04),
        _e("pgProductPhase", -1.47),
        _e("modelPgProductAmplitude", 0.66),
        _e("modelPgProductPhase", 0.0),
        el("relativePgProductValidFlag", "true"),
        el("absolutePgProductValidFlag", "true"),
        _e("internalTimeDelay", 4.366415e-07),
    )
    return el("replicaInformation", el("swath", swath.beam.name), reference, counted("replicaList", [reconstructed]))


def noise(swath: Swath) -> Node:
    """Return one noise measurement of a sub-swath."""
    return el(
        "noise",
        el("swath", swath.beam.name),
        el("azimuthTime", anno(shift(swath.start, -60))),
        _e("noisePowerCorrectionFactor", 4.892149),
        el("numberOfNoiseLines", 8),
    )
