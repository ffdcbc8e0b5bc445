"""The geolocation grid of a Sentinel-1 image: where on the ground its lines and pixels lie.

Every point is solved from the orbit (zero Doppler, right looking, on the WGS 84 ellipsoid), so a reader that geocodes
by range and Doppler from the orbit state vectors comes to the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.orbit import geodetic, look_range
from phistac.sandbox.archive.tiff import GroundPoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phistac.sandbox.archive.s1_pass import Pass
    from phistac.sandbox.archive.s1_scene import Scene, Swath

    Floats = NDArray[np.float64]

__all__ = ["C", "Grid", "GroundRange", "burst_footprint", "grd_grid", "ground_range", "slc_grid", "solve"]

C = 299_792_458.0
"""Speed of light, m/s."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows at ``lines`` and ``anx_s``, columns at ``pixels`` and ``slant_times``; angles are ``(rows, columns)``."""

    lines: NDArray[np.int64]
    pixels: NDArray[np.int64]
    anx_s: Floats
    slant_times: Floats
    longitude: Floats
    latitude: Floats
    incidence: Floats
    elevation: Floats

    def points(self) -> list[GroundPoint]:
        """Return the grid as ground control points, row by row."""
        return [
            GroundPoint(float(pixel), float(line), float(self.longitude[r, c]), float(self.latitude[r, c]), 0.0)
            for r, line in enumerate(self.lines)
            for c, pixel in enumerate(self.pixels)
        ]


@dataclass(frozen=True, slots=True)
class GroundRange:
    """How ground range and slant range belong together: polynomials, lowest degree first, in meters."""

    slant_range: float
    """Slant range of the first pixel."""
    extent: float
    """Ground range of the last pixel."""
    to_slant: Floats
    to_ground: Floats


def solve(passed: Pass, anx_s: Floats, slant_times: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return longitude, latitude, incidence and elevation angle, in degrees, of every time and slant range."""
    seconds, ranges = np.meshgrid(anx_s, slant_times * C / 2, indexing="ij")
    position, velocity = passed.track.state(passed.orbit, seconds.ravel())
    point, look = look_range(position, velocity, ranges.ravel())
    longitude, latitude, normal = geodetic(point)
    sight = (position - point) / np.linalg.norm(position - point, axis=-1, keepdims=True)
    incidence = np.degrees(np.arccos((sight * normal).sum(-1)))
    shape = seconds.shape
    return (
        longitude.reshape(shape),
        latitude.reshape(shape),
        incidence.reshape(shape),
        np.degrees(look).reshape(shape),
    )


def slc_grid(passed: Pass, swath: Swath) -> Grid:
    """Return the grid of a sub-swath: a row at each burst's first line and one at the last line; 21 columns."""
    lines = np.array([i * swath.lines_per_burst for i in range(len(swath.bursts))] + [swath.lines - 1])
    last = swath.bursts[-1].anx_s + (swath.lines_per_burst - 1) * swath.interval
    anx = np.array([burst.anx_s for burst in swath.bursts] + [last])
    pixels = np.append(np.arange(20) * (swath.samples // 20), swath.samples - 1)
    times = swath.slant_range_time + pixels / swath.sampling_rate
    return Grid(lines, pixels, anx, times, *solve(passed, anx, times))


def ground_range(scene: Scene) -> GroundRange:
    """Return the relation between ground and slant range across all three sub-swaths, at the scene's middle."""
    near = scene.swaths[0].slant_range_time
    far = scene.swaths[-1].slant_range_time + scene.swaths[-1].samples / scene.swaths[-1].sampling_rate
    middle = np.array([(scene.start - scene.passed.anx).total_seconds() + 4.0])
    times = np.linspace(near, far, 400)
    longitude, latitude, *_ = (values[0] for values in solve(scene.passed, middle, times))
    east = np.radians(np.diff(longitude)) * np.cos(np.radians(latitude[1:]))
    ground = np.concatenate([[0.0], np.cumsum(6_371_000.0 * np.hypot(east, np.radians(np.diff(latitude))))])
    slant = times * C / 2
    fit = np.polynomial.Polynomial.fit
    return GroundRange(
        float(slant[0]),
        float(ground[-1]),
        np.asarray(fit(ground, slant, 5).convert().coef, float),
        np.asarray(fit(slant - slant[0], ground, 5).convert().coef, float),
    )


def grd_grid(scene: Scene, relation: GroundRange, *, lines: int, samples: int) -> Grid:
    """Return the grid of the detected image: 4 rows and 21 columns over all lines and samples."""
    rows = np.round(np.linspace(0, lines - 1, 4)).astype(np.int64)
    pixels = np.append(np.arange(20) * (samples // 20), samples - 1)
    start = (scene.start - scene.passed.anx).total_seconds()
    anx = start + rows * (scene.stop - scene.start).total_seconds() / (lines - 1)
    slant = np.polynomial.Polynomial(relation.to_slant)(pixels * relation.extent / (samples - 1))
    times = slant * 2 / C
    return Grid(rows, pixels, anx, times, *solve(scene.passed, anx, times))


def burst_footprint(grid: Grid, start_s: float, stop_s: float) -> list[tuple[float, float]]:
    """Return the hexagon of a burst: near, middle, far of its first line; far, middle, near of its last line; closed.

    Parameters
    ----------
    grid : Grid
        Of the sub-swath that the burst is in.
    start_s, stop_s : float
        Azimuth times of the burst's first and last line, on the scale of ``grid.anx_s``. Between and a little beyond
        the grid's rows the ground is followed linearly.
    """
    middle = len(grid.pixels) // 2
    corners = [(start_s, 0), (start_s, middle), (start_s, -1), (stop_s, -1), (stop_s, middle), (stop_s, 0)]
    row = int(np.clip(np.searchsorted(grid.anx_s, start_s + 1e-6) - 1, 0, len(grid.anx_s) - 2))
    span = grid.anx_s[row + 1] - grid.anx_s[row]
    hexagon = []
    for when, column in corners:
        part = (when - grid.anx_s[row]) / span
        pair = (
            values[row, column] + part * (values[row + 1, column] - values[row, column])
            for values in (grid.longitude, grid.latitude)
        )
        longitude, latitude = pair
        hexagon.append((round(float(longitude), 6), round(float(latitude), 6)))
    return [*hexagon, hexagon[0]]
