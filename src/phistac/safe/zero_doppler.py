"""When a satellite sees a point on the ground at zero Doppler: the azimuth time of range-Doppler geometry.

A point is seen in the plane at right angles to the velocity: ``(P - S(t)) . V(t) = 0``. Between two state vectors the
orbit is the cubic through their positions and velocities (Hermite). At ten seconds apart that is within a millimeter of
the true orbit (the fourth derivative of a circular orbit of 7,070 km is 9e-6 m/s^4, and 10^4 / 384 of it is 0.2 mm),
and times are within microseconds, a thousandth of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError

if TYPE_CHECKING:
    from phistac.safe.sentinel1.motion import Orbit
    from phistac.safe.sentinel1.values import FloatArray

__all__ = ["earth_fixed", "seen_s"]

_A, _B = 6378137.0, 6356752.314245
"""Axes of the WGS 84 ellipsoid, in meters."""

_STEPS = 12
_CLOSE_S = 1e-9
_BEYOND = 1.0
"""How many intervals past its first or last state vector an orbit is trusted."""


def earth_fixed(longitude: float, latitude: float, height: float) -> FloatArray:
    """Return a geodetic position (degrees, meters above WGS 84) as Earth-fixed coordinates of shape (3,), in meters.

    Examples
    --------
    >>> earth_fixed(0.0, 0.0, 1.0).tolist()
    [6378138.0, 0.0, 0.0]
    """
    lon, lat = np.radians(longitude), np.radians(latitude)
    normal = _A**2 / np.hypot(_A * np.cos(lat), _B * np.sin(lat))
    across = (normal + height) * np.cos(lat)
    up = (normal * (_B / _A) ** 2 + height) * np.sin(lat)
    return np.array([across * np.cos(lon), across * np.sin(lon), up])


def seen_s(orbit: Orbit, point: FloatArray, since: np.datetime64) -> float:
    """Return when a point is seen at zero Doppler, in seconds since an instant.

    Parameters
    ----------
    orbit : Orbit
        State vectors, Earth fixed, in order of time.
    point : array, shape (3,)
        Earth-fixed position in meters.
    since : datetime64
        From when to count.

    Raises
    ------
    FormatError
        If the orbit has fewer than two state vectors, is not in order or does not reach the point.
    """
    times = (orbit.time - since) / np.timedelta64(1, "s")
    if times.size < 2 or bool((np.diff(times) <= 0).any()):  # noqa: PLR2004 - a line needs two
        raise FormatError(f"an orbit of {times.size} state vectors cannot be followed: they must be in order, and two")
    at = float(times[np.argmin(np.linalg.norm(orbit.position - point[:, None], axis=0))])
    for _ in range(_STEPS):
        position, velocity, acceleration = _state(orbit, times, at)
        sight = point - position
        step = float(sight @ velocity / (velocity @ velocity - sight @ acceleration))
        at += step
        if abs(step) < _CLOSE_S:
            break
    first, last = times[0] - _BEYOND * (times[1] - times[0]), times[-1] + _BEYOND * (times[-1] - times[-2])
    if not first <= at <= last:
        raise FormatError("the orbit of the annotation does not reach its own burst")
    return at


def _state(orbit: Orbit, times: FloatArray, at: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return position, velocity and acceleration on the cubic of the interval that ``at`` is in, or is nearest to."""
    left = int(np.clip(np.searchsorted(times, at, side="right") - 1, 0, times.size - 2))
    span = float(times[left + 1] - times[left])
    u = (at - float(times[left])) / span
    p0, p1 = orbit.position[:, left], orbit.position[:, left + 1]
    v0, v1 = orbit.velocity[:, left] * span, orbit.velocity[:, left + 1] * span
    square, cube = 3 * (p1 - p0) - 2 * v0 - v1, 2 * (p0 - p1) + v0 + v1
    position = p0 + u * (v0 + u * (square + u * cube))
    velocity = (v0 + u * (2 * square + 3 * u * cube)) / span
    return position, velocity, (2 * square + 6 * u * cube) / span**2
