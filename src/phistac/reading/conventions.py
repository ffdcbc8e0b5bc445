"""Attributes of variables: units and names by the CF conventions, as xarray-sentinel writes them.

Source of names and units: Sentinel-1 Product Specification S1-RS-MDA-52-7441, chapter 6. The words are those of
xarray-sentinel, so that a dataset of either compares equal.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["describe"]

_TITLES = {
    "orbit": "Orbit information used by the IPF during processing",
    "attitude": "Attitude information used by the IPF during processing",
    "gcp": "Geolocation grid",
    "calibration": "Calibration coefficients",
    "quality_information": "Quality as the IPF judged it",
}
_DEGREES, _ONE = "°", "1"
_VARIABLES: dict[str, tuple[str | None, str]] = {
    "line": (_ONE, "product line number"),
    "pixel": (_ONE, "product pixel number"),
    "azimuth_time": (None, "zero-Doppler azimuth time"),
    "slant_range_time": ("s", "slant range time / two-way delay"),
    "ground_range": ("m", "ground range"),
    "axis": (_ONE, "coordinate index"),
    "degree": (_ONE, "polynomial degree"),
    "latitude": ("degrees_north", "geodetic latitude"),
    "longitude": ("degrees_east", "geodetic longitude"),
    "height": ("m", "height above sea level"),
    "incidenceAngle": (_DEGREES, "incidence angle"),
    "elevationAngle": (_DEGREES, "elevation angle"),
    **{f"q{number}": (_ONE, f"Q{number} attitude quaternion") for number in range(4)},
    **{name: (_DEGREES, f"platform {name}") for name in ("roll", "pitch", "yaw")},
    **{f"w{axis}": ("° s-1", f"{axis.upper()} component of angular velocity vector") for axis in "xyz"},
    "terrainHeight": ("m", "average terrain height"),
    "position": ("m", "ECEF position"),
    "velocity": ("m s-1", "ECEF velocity"),
    "sigmaNought": ("m m-1", "sigma nought calibration LUT"),
    "betaNought": ("m m-1", "beta nought calibration LUT"),
    "gamma": ("m m-1", "gamma calibration LUT"),
    "dn": (_ONE, "original digital number calibration LUT"),
    "noiseRangeLut": (_ONE, "range thermal noise correction LUT"),
    "noiseAzimuthLut": (_ONE, "azimuth thermal noise correction LUT"),
    "gr0": ("m", "ground range origin for slant range calculation"),
    "grsrCoefficients": (_ONE, "polynomial to convert from ground range to slant range"),
    "sr0": ("m", "slant range origin for ground range calculation"),
    "srgrCoefficients": (_ONE, "polynomial to convert from slant range to ground range"),
    "t0": ("s", "Two-way slant range time origin"),
    "data_dc_polynomial": (_ONE, "Doppler centroid estimated from data"),
    "geometry_dc_polynomial": (_ONE, "Doppler centroid estimated from geometry"),
    "data_dc_rms_error": (_ONE, "RMS error of the Doppler centroid estimate"),
    "data_dc_rms_error_above_threshold": (
        _ONE,
        "RMS error below the acceptable threshold for Doppler centroid estimated from the data",
    ),
    "azimuth_fm_rate_polynomial": (_ONE, "Azimuth FM rate coefficient array"),
    "measurement": (_ONE, "digital number"),
    "byte_offset": (_ONE, "first byte of the burst in the measurement file"),
    "azimuth_anx_time": ("s", "azimuth time since the ascending node"),
    "first_valid_sample": (_ONE, "first valid sample of a line, -1 if it has none"),
    "last_valid_sample": (_ONE, "last valid sample of a line, -1 if it has none"),
    "burst_id": (None, "which burst of the world it is: track, number in the repeat cycle, sub-swath"),
    "sensing_time": (None, "time at which the burst began to be sensed"),
}


@cache
def _history() -> str:
    """Say who made a dataset; the answer is in a file, and a tree has sixty datasets."""
    return f"created by phistac-{version('phistac')}"


def describe(dataset: xr.Dataset, *, group: str, kind: str = "") -> xr.Dataset:
    """Add what the conventions ask for, in place: attributes of variables, and who made the dataset.

    Parameters
    ----------
    dataset : xarray.Dataset
        Freshly made.
    group : str
        Such as ``IW1/VV/orbit``.
    kind : str, optional
        Its last part, where that says what the group is: ``orbit``, ``gcp``, …

    Returns
    -------
    xarray.Dataset
        The same.
    """
    dataset.attrs |= {
        "group": f"/{group}",
        "Conventions": "CF-1.11",
        "history": _history(),
    }
    if kind in _TITLES:
        dataset.attrs["title"] = _TITLES[kind]
    for name, variable in dataset.variables.items():
        units, meaning = _VARIABLES.get(str(name), (None, ""))
        variable.attrs |= {"units": units} if units else {}
        variable.attrs |= {"long_name": meaning} if meaning else {}
        if name == "azimuth_time":
            variable.attrs["standard_name"] = "time"
    return dataset
