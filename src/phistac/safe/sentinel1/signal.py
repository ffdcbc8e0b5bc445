"""What it takes to work on the signal of one burst: when its middle was seen, and the polynomials in force there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError

if TYPE_CHECKING:
    from phistac.safe.sentinel1.bursts import Burst, SwathTiming
    from phistac.safe.sentinel1.doppler import DcEstimate, FmRate
    from phistac.safe.sentinel1.image import ImageInfo
    from phistac.safe.sentinel1.values import FloatArray, TimeArray

__all__ = ["BurstSignal", "RangePolynomial", "burst_signal"]


@dataclass(frozen=True, slots=True)
class RangePolynomial:
    """A polynomial of (slant range time - t0) that was estimated at some azimuth time.

    Attributes
    ----------
    time : datetime64[ns]
        Of the estimate, UTC.
    t0 : float
        Two-way slant range time origin, in seconds.
    coefficients : tuple of float
        Lowest degree first.
    """

    time: np.datetime64
    t0: float
    coefficients: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BurstSignal:
    """The signal of one burst.

    Attributes
    ----------
    mid_time : datetime64[ns]
        Zero-Doppler time half way between the first and the last line, UTC.
    azimuth_steering_rate : float
        Of the antenna, in degrees per second.
    fm_rate : RangePolynomial
        Azimuth FM rate, in Hz/s: the estimate next to the middle of the burst.
    doppler : RangePolynomial
        Doppler centroid estimated from the data, in Hz: likewise.
    valid_lines, valid_samples : tuple of int
        First and last line, and first and last sample, of the rectangle in which every pixel is valid; (-1, -1) if
        there is none.
    """

    mid_time: np.datetime64
    azimuth_steering_rate: float
    fm_rate: RangePolynomial
    doppler: RangePolynomial
    valid_lines: tuple[int, int]
    valid_samples: tuple[int, int]


def burst_signal(
    image: ImageInfo, timing: SwathTiming, fm_rates: FmRate, estimates: DcEstimate, *, index: int
) -> BurstSignal:
    """Return the signal of one burst of an image.

    Parameters
    ----------
    image, timing, fm_rates, estimates
        Parts of its annotation.
    index : int
        From 0.

    Raises
    ------
    FormatError
        If the annotation has no estimates.
    """
    burst = timing.bursts[index]
    half_ns = round(1e9 * image.azimuth_time_interval * (timing.lines_per_burst - 1) / 2)
    mid_time = np.datetime64(burst.azimuth_time, "ns") + np.timedelta64(half_ns, "ns")
    return BurstSignal(
        mid_time,
        image.azimuth_steering_rate,
        _nearest(mid_time, fm_rates.time, fm_rates.t0, fm_rates.polynomial),
        _nearest(mid_time, estimates.time, estimates.t0, estimates.data),
        burst.valid_lines,
        _valid_samples(burst),
    )


def _nearest(moment: np.datetime64, time: TimeArray, t0: FloatArray, polynomials: FloatArray) -> RangePolynomial:
    if not time.size:
        raise FormatError("the annotation has no FM rate or no Doppler centroid")
    index = int(np.abs(time - moment).argmin())
    return RangePolynomial(time[index], float(t0[index]), tuple(polynomials[index].tolist()))


def _valid_samples(burst: Burst) -> tuple[int, int]:
    valid = burst.first_valid_sample >= 0
    if not valid.any():
        return (-1, -1)
    return int(burst.first_valid_sample[valid].max()), int(burst.last_valid_sample[valid].min())
