"""Orbit and attitude, as the processor used them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import FloatArray, Records, TimeArray, column, records, times

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["ATTITUDE_ANGLES", "Attitude", "Orbit", "attitude", "attitude_time", "orbit", "orbit_axes"]

ATTITUDE_ANGLES = ("q0", "q1", "q2", "q3", "wx", "wy", "wz", "pitch", "roll", "yaw")


@dataclass(frozen=True, slots=True, eq=False)
class Orbit:
    """State vectors, one about every ten seconds.

    Attributes
    ----------
    time : datetime64[ns] array, shape (n,)
        UTC.
    position, velocity : float64 array, shape (3, n)
        In meters, and meters per second.
    frame : str
        Reference system, such as ``Earth Fixed``.
    """

    time: TimeArray
    position: FloatArray
    velocity: FloatArray
    frame: str


@dataclass(frozen=True, slots=True, eq=False)
class Attitude:
    """Attitude records.

    Attributes
    ----------
    time : datetime64[ns] array, shape (n,)
        UTC.
    values : dict of str to float64 array, shape (n,)
        Quaternion ``q0`` to ``q3``, angular velocity ``wx`` to ``wz``, ``pitch``, ``roll``, ``yaw`` in degrees.
    """

    time: TimeArray
    values: dict[str, FloatArray]


def orbit_axes(root: Element) -> tuple[TimeArray, str]:
    """Read times and reference system of the state vectors; raises FormatError if they are missing or mix frames."""
    found = _vectors(root)
    frames = set(found.texts("frame"))
    if len(frames) > 1:
        raise FormatError(f"the annotation mixes reference systems in its orbit: {', '.join(sorted(frames))}")
    return times(found, "time"), frames.pop()


def orbit(root: Element) -> Orbit:
    """Read the state vectors from a parsed annotation; raises FormatError if they are missing or mix frames."""
    found, (time, frame) = _vectors(root), orbit_axes(root)
    position, velocity = (
        np.stack([column(found, f"{quantity}/{axis}") for axis in "xyz"]) for quantity in ("position", "velocity")
    )
    return Orbit(time, position, velocity, frame)


def attitude_time(root: Element) -> TimeArray:
    """Read the times of the attitude records from a parsed annotation; raises FormatError if they are missing."""
    return times(_attitudes(root), "time")


def attitude(root: Element) -> Attitude:
    """Read the attitude records from a parsed annotation; raises FormatError if something is missing."""
    found = _attitudes(root)
    return Attitude(times(found, "time"), {name: column(found, name) for name in ATTITUDE_ANGLES})


def _vectors(root: Element) -> Records:
    found = records(root, "generalAnnotation/orbitList/orbit")
    if not found.size:
        raise FormatError("the annotation has no orbit")
    return found


def _attitudes(root: Element) -> Records:
    return records(root, "generalAnnotation/attitudeList/attitude")
