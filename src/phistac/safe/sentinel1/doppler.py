"""Doppler centroid estimates and azimuth FM rates: polynomials of slant range time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.safe.sentinel1.values import FloatArray, TimeArray, column, polynomials, records, times
from phistac.safe.xml import text

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["DcEstimate", "FmRate", "dc_estimate", "fm_rate"]


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


def dc_estimate(root: Element) -> DcEstimate:
    """Read the Doppler centroid estimates from a parsed annotation; raises FormatError if something is missing."""
    found = records(root, "dopplerCentroid/dcEstimateList/dcEstimate")
    return DcEstimate(
        times(found, "azimuthTime"),
        column(found, "t0"),
        polynomials(found, "dataDcPolynomial"),
        polynomials(found, "geometryDcPolynomial"),
        column(found, "dataDcRmsError"),
        np.array([text(element, "dataDcRmsErrorAboveThreshold").lower() == "true" for element in found], dtype=bool),
    )


def fm_rate(root: Element) -> FmRate:
    """Read the azimuth FM rates from a parsed annotation; raises FormatError if something is missing.

    Processors before IPF 2.43 wrote the coefficients as ``c0``, ``c1`` and ``c2`` instead of a list.
    """
    found = records(root, "generalAnnotation/azimuthFmRateList/azimuthFmRate")
    if found and found[0].find("azimuthFmRatePolynomial") is None:
        coefficients = np.stack([column(found, name) for name in ("c0", "c1", "c2")], axis=1)
    else:
        coefficients = polynomials(found, "azimuthFmRatePolynomial")
    return FmRate(times(found, "azimuthTime"), column(found, "t0"), coefficients)
