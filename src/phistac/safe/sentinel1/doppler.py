"""Doppler centroid estimates and azimuth FM rates: polynomials of slant range time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.safe.sentinel1.values import (
    FloatArray,
    Records,
    TimeArray,
    column,
    degrees,
    flags,
    polynomials,
    records,
    times,
)

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["DcEstimate", "FmRate", "PolynomialAxes", "dc_axes", "dc_estimate", "fm_axes", "fm_rate"]


_RATES, _OLD_RATES = "azimuthFmRatePolynomial", ("c0", "c1", "c2")


@dataclass(frozen=True, slots=True, eq=False)
class DcEstimate:
    """Doppler centroid, in Hz, as polynomials of (slant range time - t0).

    Attributes
    ----------
    time : datetime64[ns] array, shape (n,)
        UTC.
    t0 : float64 array, shape (n,)
        Two-way slant range time origin, in seconds.
    data, geometry : float64 array, shape (n, degree + 1)
        Estimated from data and from geometry, lowest degree first.
    rms_error : float64 array, shape (n,)
        Of the estimate from data.
    above_threshold : bool array, shape (n,)
        Whether that error is too large.
    """

    time: TimeArray
    t0: FloatArray
    data: FloatArray
    geometry: FloatArray
    rms_error: FloatArray
    above_threshold: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class FmRate:
    """Azimuth FM rate, in Hz/s, as polynomials of (slant range time - t0): arrays as in :class:`DcEstimate`."""

    time: TimeArray
    t0: FloatArray
    polynomial: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PolynomialAxes:
    """When polynomials were estimated, and how many coefficients the longest has: known before they are read."""

    time: TimeArray
    coefficients: int


def dc_axes(root: Element) -> PolynomialAxes:
    """Read the axes of the Doppler centroid estimates; raises FormatError if something is missing."""
    found = _estimates(root)
    longest = max(degrees(found, "dataDcPolynomial"), degrees(found, "geometryDcPolynomial"))
    return PolynomialAxes(times(found, "azimuthTime"), longest)


def dc_estimate(root: Element) -> DcEstimate:
    """Read the Doppler centroid estimates from a parsed annotation; raises FormatError if something is missing."""
    found = _estimates(root)
    return DcEstimate(
        times(found, "azimuthTime"),
        column(found, "t0"),
        polynomials(found, "dataDcPolynomial"),
        polynomials(found, "geometryDcPolynomial"),
        column(found, "dataDcRmsError"),
        flags(found, "dataDcRmsErrorAboveThreshold"),
    )


def fm_axes(root: Element) -> PolynomialAxes:
    """Read the axes of the azimuth FM rates; raises FormatError if something is missing."""
    found = _rates(root)
    longest = len(_OLD_RATES) if _is_old(found) else degrees(found, _RATES)
    return PolynomialAxes(times(found, "azimuthTime"), longest)


def fm_rate(root: Element) -> FmRate:
    """Read the azimuth FM rates from a parsed annotation; raises FormatError if something is missing.

    Processors before IPF 2.43 wrote the coefficients as ``c0``, ``c1`` and ``c2`` instead of a list.
    """
    found = _rates(root)
    if _is_old(found):
        coefficients = np.stack([column(found, name) for name in _OLD_RATES], axis=1)
    else:
        coefficients = polynomials(found, _RATES)
    return FmRate(times(found, "azimuthTime"), column(found, "t0"), coefficients)


def _estimates(root: Element) -> Records:
    return records(root, "dopplerCentroid/dcEstimateList/dcEstimate")


def _rates(root: Element) -> Records:
    return records(root, "generalAnnotation/azimuthFmRateList/azimuthFmRate")


def _is_old(rates: Records) -> bool:
    return rates.container is not None and rates.container.find(f"{rates.name}/{_OLD_RATES[0]}") is not None
