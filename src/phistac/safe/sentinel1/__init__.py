"""Sentinel-1: what manifest, annotation, calibration and noise files say, as frozen values.

Sources: Sentinel-1 Product Specification S1-RS-MDA-52-7441 (issues 3.7 and 3.9), and the differences seen in real
products of IPF 2.36 to 4.03. Everything starts at :class:`Document`, which is parsed once and from which every function
here reads its part. For tables there are two functions: one for the axes, which is all that is needed to open a
product, and one for the numbers.
"""

from __future__ import annotations

from phistac.safe.sentinel1.antenna import AntennaPattern, antenna_axes, antenna_pattern
from phistac.safe.sentinel1.bursts import Burst, BurstId, SwathTiming, burst_id, burst_ids, swath_timing
from phistac.safe.sentinel1.calibration import Calibration, calibration, calibration_constant, calibration_grid
from phistac.safe.sentinel1.document import Document
from phistac.safe.sentinel1.doppler import DcEstimate, FmRate, dc_axes, dc_estimate, fm_axes, fm_rate
from phistac.safe.sentinel1.geolocation import (
    CoordinateConversion,
    GeolocationGrid,
    conversion_axes,
    coordinate_conversion,
    geolocation,
)
from phistac.safe.sentinel1.image import ImageInfo, image_info
from phistac.safe.sentinel1.motion import Attitude, Orbit, attitude, attitude_time, orbit, orbit_axes
from phistac.safe.sentinel1.noise import Noise, azimuth_blocks, azimuth_noise, noise, noise_grid
from phistac.safe.sentinel1.product import ImageFiles, Sentinel1Product, parse_product, read_product
from phistac.safe.sentinel1.quality import Quality, quality
from phistac.safe.sentinel1.signal import BurstSignal, burst_signal

__all__ = [
    "AntennaPattern",
    "Attitude",
    "Burst",
    "BurstId",
    "BurstSignal",
    "Calibration",
    "CoordinateConversion",
    "DcEstimate",
    "Document",
    "FmRate",
    "GeolocationGrid",
    "ImageFiles",
    "ImageInfo",
    "Noise",
    "Orbit",
    "Quality",
    "Sentinel1Product",
    "SwathTiming",
    "antenna_axes",
    "antenna_pattern",
    "attitude",
    "attitude_time",
    "azimuth_blocks",
    "azimuth_noise",
    "burst_id",
    "burst_ids",
    "burst_signal",
    "calibration",
    "calibration_constant",
    "calibration_grid",
    "conversion_axes",
    "coordinate_conversion",
    "dc_axes",
    "dc_estimate",
    "fm_axes",
    "fm_rate",
    "geolocation",
    "image_info",
    "noise",
    "noise_grid",
    "orbit",
    "orbit_axes",
    "parse_product",
    "quality",
    "read_product",
    "swath_timing",
]
