"""What the dataset of one burst says about itself, beside what it has from its image.

========================================= =========================================================================
``burst_name``                            which burst of the world it is, as in Items: ``t108_230132_iw1``
``burst_id``                              its number in the repeat cycle, computed where the annotation has none
``burst_mid_time``                        zero-Doppler time half way between first and last line, UTC
``azimuth_steering_rate``                 of the antenna, in degrees per second
``azimuth_fm_rate_polynomial``, ``…_t0``  in Hz/s over (slant range time - t0) in seconds, lowest degree first; the
                                          estimate next to the middle of the burst, made at ``…_time``
``doppler_centroid_polynomial``, …        likewise in Hz, as estimated from the data
``first_valid_line``, ``last_valid_line`` of the rectangle in which every pixel is valid, counted from 0; -1 if there
``first_valid_sample``, ``last_…``        is none
========================================= =========================================================================

All estimates are in the groups ``azimuth_fm_rate`` and ``dc_estimate``, the valid samples of each line in ``bursts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.safe import sentinel1

if TYPE_CHECKING:
    from phistac.safe.sentinel1 import BurstId, Document
    from phistac.safe.sentinel1.signal import RangePolynomial

__all__ = ["burst_attrs"]


def burst_attrs(annotation: Document, index: int, number: BurstId) -> dict[str, Any]:
    """Return the attributes of one burst.

    Parameters
    ----------
    annotation : Document
        Of its image.
    index : int
        From 0.
    number : BurstId
        Which it is.

    Raises
    ------
    FormatError
        If the annotation lacks something.
    """
    image, timing = annotation.get(sentinel1.image_info), annotation.get(sentinel1.swath_timing)
    fm_rates, estimates = annotation.get(sentinel1.fm_rate), annotation.get(sentinel1.dc_estimate)
    signal = sentinel1.burst_signal(image, timing, fm_rates, estimates, index=index)
    return {
        "burst_name": number.text(image.swath),
        "burst_id": number.relative,
        "burst_mid_time": str(signal.mid_time),
        "azimuth_steering_rate": signal.azimuth_steering_rate,
        **_polynomial("azimuth_fm_rate", signal.fm_rate),
        **_polynomial("doppler_centroid", signal.doppler),
        **dict(zip(("first_valid_line", "last_valid_line"), signal.valid_lines, strict=True)),
        **dict(zip(("first_valid_sample", "last_valid_sample"), signal.valid_samples, strict=True)),
    }


def _polynomial(name: str, found: RangePolynomial) -> dict[str, Any]:
    time = str(np.datetime_as_string(found.time))
    return {f"{name}_polynomial": list(found.coefficients), f"{name}_t0": found.t0, f"{name}_time": time}
