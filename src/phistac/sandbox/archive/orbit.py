"""Where a satellite is and what it looks at: circular, sun-synchronous orbits that repeat exactly.

The Sentinels keep their local solar time and repeat their ground track, so three facts give every pass: the repeat
cycle, the inclination and one ascending node. Against real state vectors (an S1A product of 2025-04-06) the track is
off by less than 0.1 degree, which is far less than a swath is wide. All vectors are Earth fixed (WGS 84), in meters
and seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.times import parse, shift

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["SENTINEL_1", "SENTINEL_3B", "SENTINEL_5P", "Orbit", "geodetic", "look_at", "look_range"]

_A, _B = 6378137.0, 6356752.314245
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Orbit:
    """A repeating sun-synchronous orbit, pinned down by one ascending node crossing."""

    revolutions: int
    """Revolutions in one repeat cycle."""
    days: int
    """Days in one repeat cycle."""
    inclination_deg: float
    radius: float
    """Distance from the Earth's center, in meters."""
    node_orbit: int
    """Absolute orbit number that begins at the known node crossing."""
    node_time: datetime
    node_longitude: float
    """Longitude of that crossing, degrees east."""

    @property
    def period(self) -> float:
        """Seconds of one revolution."""
        return self.days * _DAY / self.revolutions

    def anx_time(self, orbit: int) -> datetime:
        """Return when the absolute orbit begins: its ascending node crossing."""
        return shift(self.node_time, (orbit - self.node_orbit) * self.period)

    def orbit_at(self, moment: datetime) -> int:
        """Return the absolute orbit number at an instant."""
        elapsed = (moment - self.node_time).total_seconds()
        return self.node_orbit + int(np.floor(elapsed / self.period))

    def state(self, orbit: int, seconds: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities, each ``(n, 3)``, at times since the ascending node of ``orbit``."""
        tilt, rate, spin = np.radians(self.inclination_deg), 2 * np.pi / self.period, 2 * np.pi / _DAY
        node = np.radians(self.node_longitude) - spin * (orbit - self.node_orbit) * self.period
        u, turn = rate * seconds, node - spin * seconds
        x, y, z = np.cos(u), np.cos(tilt) * np.sin(u), np.sin(tilt) * np.sin(u)
        dx, dy, dz = -rate * np.sin(u), rate * np.cos(tilt) * np.cos(u), rate * np.sin(tilt) * np.cos(u)
        cos, sin = np.cos(turn), np.sin(turn)
        position = np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)
        # The frame turns with the Earth: the last term of each row is what that adds to the velocity.
        velocity = np.stack(
            [
                cos * dx - sin * dy + spin * (sin * x + cos * y),
                sin * dx + cos * dy - spin * (cos * x - sin * y),
                dz,
            ],
            axis=-1,
        )
        return self.radius * position, self.radius * velocity


def _frame(position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
    """Return unit vectors towards the Earth's center and to the right of the flight direction."""
    down = -position / np.linalg.norm(position, axis=-1, keepdims=True)
    forward = velocity - np.sum(velocity * down, axis=-1, keepdims=True) * down
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    return down, np.cross(forward, -down)


def look_at(position: Floats, velocity: Floats, angle: Floats) -> tuple[Floats, Floats]:
    """Return where a ray ``angle`` radians right of nadir meets the ellipsoid, ``(n, 3)``, and how far away that is."""
    down, right = _frame(position, velocity)
    ray = np.cos(angle)[..., None] * down + np.sin(angle)[..., None] * right
    scale = 1 / np.array([_A, _A, _B])
    p, d = position * scale, ray * scale
    a, b, c = (d * d).sum(-1), (p * d).sum(-1), (p * p).sum(-1) - 1
    distance = (-b - np.sqrt(b * b - a * c)) / a
    return position + distance[..., None] * ray, distance


def look_range(position: Floats, velocity: Floats, slant_range: Floats) -> tuple[Floats, Floats]:
    """Return the point at a slant range (meters), right of the track at zero Doppler, and the look angle in radians."""
    height = np.linalg.norm(position, axis=-1)
    earth = np.full(np.shape(slant_range), _A)
    angle = earth
    for _ in range(6):  # the Earth's radius under the point converges to micrometers
        cosine = (height**2 + slant_range**2 - earth**2) / (2 * height * slant_range)
        angle = np.arccos(np.clip(cosine, -1, 1))
        down, right = _frame(position, velocity)
        point = position + slant_range[..., None] * (np.cos(angle)[..., None] * down + np.sin(angle)[..., None] * right)
        sine2 = (point[..., 2] / np.linalg.norm(point, axis=-1)) ** 2
        earth = 1 / np.sqrt((1 - sine2) / _A**2 + sine2 / _B**2)
    return point, angle


def geodetic(point: Floats) -> tuple[Floats, Floats, Floats]:
    """Return longitude and latitude in degrees, and the ellipsoid's unit normal, of points on the ellipsoid."""
    normal = point / np.array([_A**2, _A**2, _B**2])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    longitude = np.degrees(np.arctan2(point[..., 1], point[..., 0]))
    return longitude, np.degrees(np.arcsin(normal[..., 2])), normal


SENTINEL_1 = Orbit(175, 12, 98.18, 7_069_600.0, 58630, parse("2025-04-06T02:06:13.325994"), 238.75)
"""S1A; the node of orbit 58630 (relative orbit 108), from a real annotation."""

SENTINEL_3B = Orbit(385, 27, 98.65, 7_184_000.0, 25397, parse("2023-03-11T20:37:26.174111"), 20.7265)
"""S3B; the node of orbit 25397 (relative orbit 100, cycle 77), from a real manifest's ephemeris."""

SENTINEL_5P = Orbit(227, 16, 98.74, 7_195_000.0, 12367, parse("2020-03-03T02:26:30"), 165.9)
"""S5P; the node of orbit 12367, from a real product's coverage and its local solar time of 13:30."""
