"""What a Sentinel-3 OLCI full-resolution product over the area is: orbit, frame, and where its pixels lie.

A frame is three minutes of an orbit. Real ones have 4,091 rows and 4,865 columns of 300 m; here a frame has fewer of
both over the same ground, so tie points, times and footprint are those of a real frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.orbit import SENTINEL_3B, geodetic, look_at
from phistac.sandbox.archive.times import compact, shift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phistac.sandbox.archive.rows import Footprint

__all__ = ["AC_FACTOR", "FRAME_S", "Frame", "Ground", "frames_over", "outline"]

AC_FACTOR = 64
"""Columns per tie point."""
FRAME_S = 180
_WEST, _EAST = np.radians(46.5), np.radians(-22.1)


@dataclass(frozen=True, slots=True)
class Ground:
    """Longitude and latitude (degrees) and viewing zenith angle of every pixel, ``(rows, columns)``."""

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    zenith: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """Three minutes of one orbit of Sentinel-3B."""

    orbit: int
    along_track: int
    """Seconds after the ascending node at which the frame begins: a multiple of 180, and part of the name."""
    rows: int = 96
    columns: int = 5 * AC_FACTOR + 1

    @property
    def relative_orbit(self) -> int:
        """1 to 385; orbit 25397 is number 100."""
        return (self.orbit - 25397 + 99) % 385 + 1

    @property
    def cycle(self) -> int:
        """Orbit 25397 belongs to cycle 77."""
        return 77 + (self.orbit - 25397 + 99) // 385

    @property
    def start(self) -> datetime:
        """Time of the first row."""
        return shift(SENTINEL_3B.anx_time(self.orbit), self.along_track)

    @property
    def stop(self) -> datetime:
        """Time of the last row."""
        return shift(self.start, FRAME_S)

    @property
    def created(self) -> datetime:
        """When the non-time-critical product was made: a day later."""
        return shift(self.start, 86_400 + 4_000)

    @property
    def name(self) -> str:
        """The product's name."""
        return (
            f"S3B_OL_1_EFR____{compact(self.start)}_{compact(self.stop)}_{compact(self.created)}_0179_{self.cycle:03d}_"
            f"{self.relative_orbit:03d}_{self.along_track:04d}_PS2_O_NT_004.SEN3"
        )

    def seconds(self) -> NDArray[np.float64]:
        """Return seconds since the ascending node of every row."""
        return self.along_track + np.linspace(0, FRAME_S, self.rows)

    def ground(self) -> Ground:
        """Return where the pixels lie: columns run from west to east, rows along the (descending) track."""
        angles = np.linspace(_WEST, _EAST, self.columns)
        seconds, looks = np.meshgrid(self.seconds(), angles, indexing="ij")
        position, velocity = SENTINEL_3B.state(self.orbit, seconds.ravel())
        point, _ = look_at(position, velocity, looks.ravel())
        longitude, latitude, normal = geodetic(point)
        sight = (position - point) / np.linalg.norm(position - point, axis=-1, keepdims=True)
        shape = seconds.shape
        zenith = np.degrees(np.arccos((sight * normal).sum(-1)))
        return Ground(longitude.reshape(shape), latitude.reshape(shape), zenith.reshape(shape))


def outline(ground: Ground, steps: int = 6) -> Footprint:
    """Return the frame's outline, counterclockwise, four decimals, ``steps`` points on each side."""
    rows = np.round(np.linspace(0, ground.longitude.shape[0] - 1, steps)).astype(int)
    columns = np.round(np.linspace(0, ground.longitude.shape[1] - 1, steps)).astype(int)
    west, south = [(r, 0) for r in rows], [(rows[-1], c) for c in columns[1:]]
    east, north = [(r, columns[-1]) for r in rows[::-1][1:]], [(0, c) for c in columns[::-1][1:]]
    cells = [*west, *south, *east, *north]
    return [(round(float(ground.longitude[c]), 4), round(float(ground.latitude[c]), 4)) for c in cells]


def frames_over(longitude: float, latitude: float, start: datetime, days: int, count: int) -> list[Frame]:
    """Return the frames, two each, of ``count`` passes that see the point, spread over ``days`` days from ``start``."""
    seen = []
    first = SENTINEL_3B.orbit_at(start) + 1
    last = SENTINEL_3B.orbit_at(start + timedelta(days=days))
    for orbit in range(first, last):
        seconds = np.arange(2_200.0, 2_500.0, 2.0)
        point, _ = look_at(*SENTINEL_3B.state(orbit, seconds), np.full(seconds.shape, (_WEST + _EAST) / 2))
        x, y, _ = geodetic(point)
        nearest = int(np.argmin(np.abs(y - latitude)))
        if abs((x[nearest] - longitude + 180) % 360 - 180) < 5:
            seen.append(Frame(orbit, int(seconds[nearest] // FRAME_S) * FRAME_S))
    chosen = [seen[i] for i in np.linspace(0, len(seen) - 1, min(count, len(seen))).astype(int)]
    return [Frame(f.orbit, f.along_track + extra) for f in chosen for extra in (-FRAME_S, 0)]
