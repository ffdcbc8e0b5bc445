"""Sentinel-1: what manifest, annotation, calibration and noise files say, as frozen values.

Sources: Sentinel-1 Product Specification S1-RS-MDA-52-7441 (issues 3.7 and 3.9), and the differences seen in real
products of IPF 2.36 to 4.03. Everything starts at :func:`phistac.safe.xml.parse`; one parsed annotation serves every
function here.
"""

from __future__ import annotations

from phistac.safe.sentinel1.bursts import Burst, BurstId, SwathTiming, burst_id, burst_ids, swath_timing
from phistac.safe.sentinel1.calibration import Calibration, calibration
from phistac.safe.sentinel1.doppler import DcEstimate, FmRate, dc_estimate, fm_rate
from phistac.safe.sentinel1.geolocation import CoordinateConversion, GeolocationGrid, coordinate_conversion, geolocation
from phistac.safe.sentinel1.image import ImageInfo, image_info
from phistac.safe.sentinel1.motion import Attitude, Orbit, attitude, orbit
from phistac.safe.sentinel1.noise import Noise, noise
from phistac.safe.sentinel1.product import ImageFiles, Sentinel1Product, parse_product

__all__ = [
    "Attitude",
    "Burst",
    "BurstId",
    "Calibration",
    "CoordinateConversion",
    "DcEstimate",
    "FmRate",
    "GeolocationGrid",
    "ImageFiles",
    "ImageInfo",
    "Noise",
    "Orbit",
    "Sentinel1Product",
    "SwathTiming",
    "attitude",
    "burst_id",
    "burst_ids",
    "calibration",
    "coordinate_conversion",
    "dc_estimate",
    "fm_rate",
    "geolocation",
    "image_info",
    "noise",
    "orbit",
    "parse_product",
    "swath_timing",
]
