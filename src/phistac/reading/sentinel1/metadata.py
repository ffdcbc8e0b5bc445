"""Metadata groups of a Sentinel-1 image: from what an annotation says to Datasets.

Names of variables, dimensions and coordinates are those of xarray-sentinel. Axes are read when a group is made, since
xarray makes indexes of them; tables when they are used.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from phistac.reading.sentinel1.footprint import geospatial_attrs
from phistac.reading.sentinel1.luts import calibration, noise_azimuth, noise_range
from phistac.reading.sentinel1.tables import later
from phistac.safe import sentinel1
from phistac.safe.sentinel1.motion import ATTITUDE_ANGLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.safe.sentinel1 import Document

__all__ = ["BUILDERS", "FILES"]


def _orbit(document: Document) -> xr.Dataset:
    time, frame = document.get(sentinel1.orbit_axes)
    return xr.Dataset(
        {
            name: (("axis", "azimuth_time"), later(document, sentinel1.orbit, attrgetter(name), (3, time.size)))
            for name in ("position", "velocity")
        },
        {"azimuth_time": time, "axis": [0, 1, 2]},
        {"reference_system": frame},
    )


def _attitude(document: Document) -> xr.Dataset:
    time = document.get(sentinel1.attitude_time)
    angles = {
        name: ("azimuth_time", later(document, sentinel1.attitude, _value(name), time.shape))
        for name in ATTITUDE_ANGLES
    }
    return xr.Dataset(angles, {"azimuth_time": time})


def _value(name: str) -> Callable[[sentinel1.Attitude], Any]:
    return lambda found: found.values[name]


def _gcp(document: Document) -> xr.Dataset:
    found = document.get(sentinel1.geolocation)
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


def _dc_estimate(document: Document) -> xr.Dataset:
    axes, part = document.get(sentinel1.dc_axes), sentinel1.dc_estimate
    count, degrees = axes.time.shape, axes.coefficients
    dims = ("azimuth_time", "degree")
    return xr.Dataset(
        {
            "t0": ("azimuth_time", later(document, part, attrgetter("t0"), count)),
            "data_dc_polynomial": (dims, later(document, part, _padded("data", degrees), (*count, degrees))),
            "geometry_dc_polynomial": (dims, later(document, part, _padded("geometry", degrees), (*count, degrees))),
            "data_dc_rms_error": ("azimuth_time", later(document, part, attrgetter("rms_error"), count)),
            "data_dc_rms_error_above_threshold": (
                "azimuth_time",
                later(document, part, attrgetter("above_threshold"), count, "bool"),
            ),
        },
        {"azimuth_time": axes.time, "degree": np.arange(degrees)},
    )


def _padded(name: str, degrees: int) -> Callable[[Any], Any]:
    """Return what takes polynomials, and gives all of them as many coefficients as the longest have."""

    def take(found: Any) -> Any:
        polynomials = getattr(found, name)
        return np.pad(polynomials, ((0, 0), (0, degrees - polynomials.shape[1])))

    return take


def _azimuth_fm_rate(document: Document) -> xr.Dataset:
    axes, part = document.get(sentinel1.fm_axes), sentinel1.fm_rate
    shape = (axes.time.size, axes.coefficients)
    return xr.Dataset(
        {
            "t0": ("azimuth_time", later(document, part, attrgetter("t0"), axes.time.shape)),
            "azimuth_fm_rate_polynomial": (
                ("azimuth_time", "degree"),
                later(document, part, attrgetter("polynomial"), shape),
            ),
        },
        {"azimuth_time": axes.time, "degree": np.arange(axes.coefficients)},
    )


def _coordinate_conversion(document: Document) -> xr.Dataset:
    axes, part = document.get(sentinel1.conversion_axes), sentinel1.coordinate_conversion
    count, degrees = axes.time.shape, axes.coefficients
    columns = {
        name: ("azimuth_time", later(document, part, attrgetter(name), count))
        for name in ("gr0", "sr0", "slant_range_time")
    }
    polynomials = {
        f"{name}Coefficients": (
            ("azimuth_time", "degree"),
            later(document, part, _padded(name, degrees), (*count, degrees)),
        )
        for name in ("srgr", "grsr")
    }
    return xr.Dataset(columns | polynomials, {"azimuth_time": axes.time, "degree": np.arange(degrees)})


def _antenna_pattern(document: Document) -> xr.Dataset:
    azimuth_time, slant_range_time = document.get(sentinel1.antenna_axes)
    part, shape = sentinel1.antenna_pattern, (azimuth_time.size, slant_range_time.size)
    angles = {"elevationAngle": "elevation_angle", "incidenceAngle": "incidence_angle"}
    columns = {"terrainHeight": "terrain_height", "roll": "roll"}
    return xr.Dataset(
        {
            name: (("azimuth_time", "slant_range_time"), later(document, part, attrgetter(field), shape, "float32"))
            for name, field in angles.items()
        }
        | {
            name: ("azimuth_time", later(document, part, attrgetter(field), azimuth_time.shape))
            for name, field in columns.items()
        },
        {"azimuth_time": azimuth_time, "slant_range_time": slant_range_time},
    )


def _bursts(document: Document) -> xr.Dataset:
    timing = document.get(sentinel1.swath_timing)
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


def _quality(document: Document) -> xr.Dataset:
    found = document.get(sentinel1.quality)
    values = {name: ("azimuth_time", column) for name, column in found.values.items()}
    return xr.Dataset(values, {"azimuth_time": found.azimuth_time}, {"product_quality_index": found.index})


BUILDERS: dict[str, Callable[[Document], xr.Dataset]] = {
    "orbit": _orbit,
    "attitude": _attitude,
    "azimuth_fm_rate": _azimuth_fm_rate,
    "dc_estimate": _dc_estimate,
    "gcp": _gcp,
    "bursts": _bursts,
    "antenna_pattern": _antenna_pattern,
    "coordinate_conversion": _coordinate_conversion,
    "quality_information": _quality,
    "calibration": calibration,
    "noise_range": noise_range,
    "noise_azimuth": noise_azimuth,
}
"""What makes each metadata group."""

FILES = {"calibration": "calibration", "noise_range": "noise", "noise_azimuth": "noise"}
"""Which file a metadata group is read from, where that is not the annotation."""
