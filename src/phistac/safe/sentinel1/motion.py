"""Orbit and attitude, as the processor used them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.safe.sentinel1.values import FloatArray, TimeArray, column, records, times
from phistac.safe.xml import text

if TYPE_CHECKING:
    from phistac.safe.xml import Element

__all__ = ["ATTITUDE_ANGLES", "Attitude", "Orbit", "attitude", "orbit"]

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


def orbit(root: Element) -> Orbit:
    """Read the state vectors from a parsed annotation; raises FormatError if they are missing or mix frames."""
    found = records(root, "generalAnnotation/orbitList/orbit")
    if not found:
        raise FormatError("the annotation has no orbit")
    frames = {text(element, "frame") for element in found}
    if len(frames) > 1:
        raise FormatError(f"the annotation mixes reference systems in its orbit: {', '.join(sorted(frames))}")
    position, velocity = (
        np.stack([column(found, f"{quantity}/{axis}") for axis in "xyz"]) for quantity in ("position", "velocity")
    )
    return Orbit(times(found, "time"), position, velocity, frames.pop())


def attitude(root: Element) -> Attitude:
    """Read the attitude records from a parsed annotation; raises FormatError if something is missing."""
    found = records(root, "generalAnnotation/attitudeList/attitude")
    return Attitude(times(found, "time"), {name: column(found, name) for name in ATTITUDE_ANGLES})
