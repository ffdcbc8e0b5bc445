"""Bursts: where they lie, when they were taken, what is valid in them, and which they are.

A burst's id counts the bursts of the 175 orbits of one repeat cycle from the first ascending node on; it is the same at
every repetition, for every platform. Products of IPF 3.40 and later state it; for older ones it is computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import IntArray, Records, column, integers, records, table
from phistac.safe.times import nanoseconds
from phistac.safe.xml import int_text, text

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["Burst", "BurstId", "SwathTiming", "burst_id", "burst_ids", "swath_timing", "track_of"]

ORBITS_PER_CYCLE = 175
ORBIT_S = 12 * 86400 / ORBITS_PER_CYCLE
"""Nominal duration of an orbit, T_orb: 12 days for 175 orbits."""

# mode -> (T_beam, duration of one cycle through the sub-swaths; T_pre, preamble), in seconds. Source: Sentinel-1
# Level 1 Detailed Algorithm Definition SEN-TN-52-7445 issue 2.5, section 9.25.
_BEAM = {"IW": (2.758273, 2.299849), "EW": (3.038376, 2.299970)}

# Seconds from the start of sensing in a sub-swath to the middle of its cycle. In IW, cycles go IW1, IW2, IW3 and their
# bursts start 0.832 and 1.910 s after the first; in EW, five sub-swaths share the cycle about evenly.
_TO_MIDDLE = {"IW1": 1.371, "IW2": 0.539, "IW3": -0.539} | {
    f"EW{number}": 3.038376 * (0.5 - (number - 1) / 5) for number in range(1, 6)
}


@dataclass(frozen=True, slots=True)
class BurstId:
    """Which burst of the world this is.

    Attributes
    ----------
    relative : int
        Number within the repeat cycle: the same for every repetition.
    track : int
        Relative orbit that the burst belongs to, 1 to 175; it follows from the number, see :func:`track_of`. Nearly
        always that of the product, or the next one where the product crosses the ascending node.
    """

    relative: int
    track: int

    def text(self, swath: str) -> str:
        """Return the id as Items carry it.

        Examples
        --------
        >>> BurstId(15804, 44).text("IW2")
        't044_015804_iw2'
        """
        return f"t{self.track:03d}_{self.relative:06d}_{swath.lower()}"


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst of a swath.

    Attributes
    ----------
    index : int
        From 0, in the order of the image.
    byte_offset : int
        Where its first pixel lies in the measurement file.
    azimuth_time, sensing_time : str
        Zero-Doppler time of the first line, and when it was sensed (later by a second or more); UTC.
    azimuth_anx_time : float
        Seconds from the ascending node to the first line.
    first_valid_sample, last_valid_sample : array of int, shape (lines_per_burst,)
        -1 in lines without any.
    relative_id, absolute_id : int or None
        As stated by the annotation (IPF 3.40 and later).
    """

    index: int
    byte_offset: int
    azimuth_time: str
    sensing_time: str
    azimuth_anx_time: float
    first_valid_sample: IntArray = field(repr=False, compare=False)
    last_valid_sample: IntArray = field(repr=False, compare=False)
    relative_id: int | None
    absolute_id: int | None

    @property
    def valid_lines(self) -> tuple[int, int]:
        """First and last line with valid samples; (-1, -1) if there is none."""
        found = np.flatnonzero(self.first_valid_sample >= 0)
        return (-1, -1) if found.size == 0 else (int(found[0]), int(found[-1]))


@dataclass(frozen=True, slots=True)
class SwathTiming:
    """Bursts of a swath; none where the image is not made of bursts (stripmap, wave, GRD)."""

    lines_per_burst: int
    samples_per_burst: int
    bursts: tuple[Burst, ...]


def swath_timing(root: Element) -> SwathTiming:
    """Read the bursts from a parsed annotation.

    Raises
    ------
    FormatError
        If something is missing or contradicts itself.
    """
    found = records(root, "swathTiming/burstList/burst")
    if not found.size:
        return SwathTiming(0, 0, ())
    lines, samples = (int_text(root, f"swathTiming/{name}PerBurst") for name in ("lines", "samples"))
    azimuth, sensing = (found.texts(name) for name in ("azimuthTime", "sensingTime"))
    nanoseconds(azimuth + sensing)  # they stay strings, but must be times
    offsets, since_node = integers(found, "byteOffset").tolist(), column(found, "azimuthAnxTime").tolist()
    if min(offsets) < 0:
        raise FormatError(f"burst {offsets.index(min(offsets))} starts at byte {min(offsets)}")
    valid = [table(found, f"{end}ValidSample", np.int64, width=lines) for end in ("first", "last")]
    bursts = zip(offsets, azimuth, sensing, since_node, *valid, *_stated_ids(found), strict=True)
    return SwathTiming(lines, samples, tuple(Burst(index, *values) for index, values in enumerate(bursts)))


def _stated_ids(found: Records) -> tuple[list[int | None], list[int | None]]:
    """Return the relative and the absolute ids, ``None`` where the annotation has none (before IPF 3.40)."""
    if found.container is None or found.container.find(f"{found.name}/burstId") is None:
        return [None] * found.size, [None] * found.size
    absolute = [element.get("absolute", "") for element in found.elements("burstId")]
    return integers(found, "burstId").tolist(), [int(value) if value.isdecimal() else None for value in absolute]


def track_of(number: int, mode: str) -> int:
    """Return the track (relative orbit, 1 to 175) that a burst number belongs to: that in which its cycle begins.

    Equation 9-91 of the source above, the other way round: the middle of cycle ``n`` is sensed half a cycle after
    ``(n - 1) T_beam + T_pre``; in recorded products to 0.04 s. A number has the same track on every date, whatever the
    relative orbit of the product, so that a burst has one id.

    Parameters
    ----------
    number : int
        Relative burst id, from 1.
    mode : str
        ``IW`` or ``EW``.

    Examples
    --------
    >>> track_of(249406, "IW"), track_of(15804, "IW")
    (117, 8)
    """
    beam_s, preamble_s = _BEAM[mode]
    begins_s = (number - 0.5) * beam_s + preamble_s - _TO_MIDDLE[f"{mode}1"]
    return math.floor(begins_s / ORBIT_S) % ORBITS_PER_CYCLE + 1


def burst_id(
    *, swath: str, sensing_anx_time: float, relative_orbit: int, crosses_node: bool = False, stated: int | None = None
) -> BurstId:
    """Return the id of a burst: the stated one, or the one computed from when it was sensed.

    The formula, 1 + floor((t + (r - 1) T_orb - T_pre) / T_beam), is equations 9-89 and 9-91 of the source above. It
    counts cycles through the sub-swaths, so ``t`` is the middle of a cycle, whichever sub-swath the burst belongs to.

    Parameters
    ----------
    swath : str
        ``IW1`` to ``IW3`` or ``EW1`` to ``EW5``.
    sensing_anx_time : float
        Seconds from the annotation's ascending node to the start of sensing.
    relative_orbit : int
        Of the product, at its start.
    crosses_node : bool, optional
        Whether the product's orbit number changes between its start and its stop.
    stated : int, optional
        The relative id that the annotation states; taken as it is.

    Returns
    -------
    BurstId
        With the track that the number belongs to.

    Raises
    ------
    FormatError
        If the swath has no bursts.

    Examples
    --------
    >>> burst_id(swath="IW2", sensing_anx_time=838.09119, relative_orbit=108).text("IW2")
    't108_230132_iw2'
    """
    if swath not in _TO_MIDDLE:
        raise FormatError(f"the swath {swath!r} has no bursts")
    beam_s, preamble_s = _BEAM[swath[:2]]
    track, elapsed = relative_orbit, sensing_anx_time + _TO_MIDDLE[swath]
    if (
        elapsed >= ORBIT_S
    ):  # more than one orbit since that node: the next one was crossed, or the node is the last but one
        elapsed -= ORBIT_S
        track = relative_orbit % ORBITS_PER_CYCLE + 1 if crosses_node else relative_orbit
    number_in_cycle = 1 + math.floor((elapsed + (track - 1) * ORBIT_S - preamble_s) / beam_s)
    relative = stated if stated is not None else number_in_cycle
    return BurstId(relative, track_of(relative, swath[:2]))


def burst_ids(
    root: Element, *, relative_orbit: int, crosses_node: bool = False, timing: SwathTiming | None = None
) -> tuple[BurstId, ...]:
    """Return the ids of all bursts of a parsed annotation, in order; the orbit is that of the manifest.

    ``timing`` saves reading it again.

    Raises
    ------
    FormatError
        If something is missing.
    """
    swath = text(root, "adsHeader/swath")
    node = nanoseconds([text(root, "imageAnnotation/imageInformation/ascendingNodeTime")])[0]
    found = []
    for burst in (timing or swath_timing(root)).bursts:
        elapsed = float((nanoseconds([burst.sensing_time])[0] - node) / np.timedelta64(1, "s"))
        ids = burst_id(
            swath=swath,
            sensing_anx_time=elapsed,
            relative_orbit=relative_orbit,
            crosses_node=crosses_node,
            stated=burst.relative_id,
        )
        found.append(ids)
    return tuple(found)
