"""Metadata groups of a Sentinel-1 image: from what an annotation says to Datasets.

Names of variables, dimensions and coordinates are those of xarray-sentinel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from phistac.reading.sentinel1.footprint import geospatial_attrs
from phistac.safe import sentinel1

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.safe.xml import Element

__all__ = ["BUILDERS", "FILES"]


def _orbit(root: Element) -> xr.Dataset:
    found = sentinel1.orbit(root)
    dims = ("axis", "azimuth_time")
    return xr.Dataset(
        {"position": (dims, found.position), "velocity": (dims, found.velocity)},
        {"azimuth_time": found.time, "axis": [0, 1, 2]},
        {"reference_system": found.frame},
    )


def _attitude(root: Element) -> xr.Dataset:
    found = sentinel1.attitude(root)
    return xr.Dataset(
        {name: ("azimuth_time", values) for name, values in found.values.items()}, {"azimuth_time": found.time}
    )


def _gcp(root: Element) -> xr.Dataset:
    found = sentinel1.geolocation(root)
    dims = ("azimuth_time", "slant_range_time")
    return xr.Dataset(
        {name: (dims, values) for name, values in found.values.items()},
        {
            "azimuth_time": found.azimuth_time,
            "slant_range_time": found.slant_range_time,
            "line": ("azimuth_time", found.line),
            "pixel": ("slant_range_time", found.pixel),
        },
        geospatial_attrs(found, found.azimuth_time, found.slant_range_time),
    )


def _dc_estimate(root: Element) -> xr.Dataset:
    found = sentinel1.dc_estimate(root)
    degrees = max(found.data.shape[1], found.geometry.shape[1])
    dims = ("azimuth_time", "degree")
    return xr.Dataset(
        {
            "t0": ("azimuth_time", found.t0),
            "data_dc_polynomial": (dims, _to_degrees(found.data, degrees)),
            "geometry_dc_polynomial": (dims, _to_degrees(found.geometry, degrees)),
            "data_dc_rms_error": ("azimuth_time", found.rms_error),
            "data_dc_rms_error_above_threshold": ("azimuth_time", found.above_threshold),
        },
        {"azimuth_time": found.time, "degree": np.arange(degrees)},
    )


def _to_degrees(polynomials: Any, degrees: int) -> Any:
    return np.pad(polynomials, ((0, 0), (0, degrees - polynomials.shape[1])))


def _azimuth_fm_rate(root: Element) -> xr.Dataset:
    found = sentinel1.fm_rate(root)
    return xr.Dataset(
        {
            "t0": ("azimuth_time", found.t0),
            "azimuth_fm_rate_polynomial": (("azimuth_time", "degree"), found.polynomial),
        },
        {"azimuth_time": found.time, "degree": np.arange(found.polynomial.shape[1])},
    )


def _coordinate_conversion(root: Element) -> xr.Dataset:
    found = sentinel1.coordinate_conversion(root)
    degrees = max(found.srgr.shape[1], found.grsr.shape[1])
    dims = ("azimuth_time", "degree")
    return xr.Dataset(
        {
            "gr0": ("azimuth_time", found.gr0),
            "sr0": ("azimuth_time", found.sr0),
            "slant_range_time": ("azimuth_time", found.slant_range_time),
            "srgrCoefficients": (dims, _to_degrees(found.srgr, degrees)),
            "grsrCoefficients": (dims, _to_degrees(found.grsr, degrees)),
        },
        {"azimuth_time": found.azimuth_time, "degree": np.arange(degrees)},
    )


def _calibration(root: Element) -> xr.Dataset:
    found = sentinel1.calibration(root)
    tables = {name: (("line", "pixel"), values) for name, values in found.tables.items()}
    return xr.Dataset(
        {"azimuth_time": ("line", found.azimuth_time), **tables},
        {"line": found.line, "pixel": found.pixel},
        {"absoluteCalibrationConstant": found.constant},
    )


def _noise_range(root: Element) -> xr.Dataset:
    found = sentinel1.noise(root)
    return xr.Dataset(
        {"azimuth_time": ("line", found.azimuth_time), "noiseRangeLut": (("line", "pixel"), found.range_lut)},
        {"line": found.line, "pixel": found.pixel},
    )


def _noise_azimuth(root: Element) -> xr.Dataset:
    """Give each block of the image its table: GRD has several, at other lines; the second is ``noiseAzimuthLut_1``."""
    dataset = xr.Dataset()
    for number, block in enumerate(sentinel1.noise(root).azimuth):
        suffix = f"_{number}" if number else ""
        window = dict(zip(("first_line", "last_line", "first_pixel", "last_pixel"), block.window, strict=True))
        dataset[f"noiseAzimuthLut{suffix}"] = (f"line{suffix}", block.lut, {"swath": block.swath, **window})
        dataset = dataset.assign_coords({f"line{suffix}": block.line})
    return dataset


def _bursts(root: Element) -> xr.Dataset:
    timing = sentinel1.swath_timing(root)
    bursts = timing.bursts
    return xr.Dataset(
        {
            "azimuth_time": ("burst", np.array([burst.azimuth_time for burst in bursts], "datetime64[ns]")),
            "azimuth_anx_time": ("burst", [burst.azimuth_anx_time for burst in bursts]),
            "sensing_time": ("burst", np.array([burst.sensing_time for burst in bursts], "datetime64[ns]")),
            "byte_offset": ("burst", [burst.byte_offset for burst in bursts]),
            "first_valid_sample": (("burst", "burst_line"), [burst.first_valid_sample for burst in bursts]),
            "last_valid_sample": (("burst", "burst_line"), [burst.last_valid_sample for burst in bursts]),
        },
        {"burst": np.arange(len(bursts))},
        {"lines_per_burst": timing.lines_per_burst, "samples_per_burst": timing.samples_per_burst},
    )


BUILDERS: dict[str, Callable[[Element], xr.Dataset]] = {
    "orbit": _orbit,
    "attitude": _attitude,
    "azimuth_fm_rate": _azimuth_fm_rate,
    "dc_estimate": _dc_estimate,
    "gcp": _gcp,
    "bursts": _bursts,
    "coordinate_conversion": _coordinate_conversion,
    "calibration": _calibration,
    "noise_range": _noise_range,
    "noise_azimuth": _noise_azimuth,
}
"""What makes each metadata group."""

FILES = {"calibration": "calibration", "noise_range": "noise", "noise_azimuth": "noise"}
"""Which file a metadata group is read from, where that is not the annotation."""
