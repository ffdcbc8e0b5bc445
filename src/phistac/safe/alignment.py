"""Bursts of several dates on one grid, shifted by whole lines and samples: nothing is resampled.

Pixels are aligned by slant range time, with the range sampling rate that all dates share. Lines are aligned on the
ground: the point in the middle of the first burst is looked for on the orbit of every date
(:func:`phistac.safe.zero_doppler.seen_s`), and the lines that see it become one line. Time since the ascending node
would be the other way; but how long a satellite takes from the node to the same ground changes with the eccentricity of
its orbit, while the state vectors of the annotation say where it was. Half a line and half a sample remain at most, and
are stated; what terrain and baseline add is for coregistration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from phistac.errors import FormatError, QueryError
from phistac.safe.zero_doppler import earth_fixed, seen_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phistac.safe.sentinel1 import GeolocationGrid, Orbit

__all__ = ["BurstShape", "Grid", "Sampling", "agree", "common_grid", "seen_lines"]

_SAME = 1e-7
"""Relative difference of rates that is none: over the 25,000 samples of a burst it adds up to 0.0025 of one."""

_FARTHEST = 0.25
"""Part of a burst by which another date may be off. The next burst of a swath lies 0.9 of one further on."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What all dates of a series must have in common for whole samples to be enough.

    Attributes
    ----------
    mode, swath, pixel : str
        Such as ``IW``, ``IW2`` and ``cint16``.
    range_sampling_rate, radar_frequency : float
        In Hz.
    azimuth_time_interval : float
        Seconds between lines: one over the pulse repetition frequency of the image.
    """

    mode: str
    swath: str
    pixel: str
    range_sampling_rate: float
    radar_frequency: float
    azimuth_time_interval: float


@dataclass(frozen=True, slots=True)
class BurstShape:
    """Extent of the burst on one date, and when it begins.

    Attributes
    ----------
    start : datetime64[ns]
        Zero-Doppler azimuth time of the first line.
    slant_range_time : float
        Two-way time to the first sample, in seconds.
    lines, samples : int
        How many there are.
    """

    start: np.datetime64
    slant_range_time: float
    lines: int
    samples: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The common grid, and where on it each date lies.

    Attributes
    ----------
    lines, samples : int
        Extent: as small as holds the bursts of all dates.
    slant_range_time : float
        Two-way time to the grid's first sample, in seconds.
    line, pixel : tuple of int
        Where on the grid the first line and the first sample of each date are.
    line_shift, pixel_shift : tuple of float
        What rounding left over, between -0.5 and 0.5: by how much the samples of a date truly lie after the grid's.
    """

    lines: int
    samples: int
    slant_range_time: float
    line: tuple[int, ...]
    pixel: tuple[int, ...]
    line_shift: tuple[float, ...]
    pixel_shift: tuple[float, ...]


def agree(samplings: Sequence[Sampling], names: Sequence[str]) -> Sampling:
    """Return what all dates have in common.

    Parameters
    ----------
    samplings : sequence of Sampling
        One for each date.
    names : sequence of str
        What to call them in a message.

    Raises
    ------
    QueryError
        If they differ; it names the key, the values and the Items.
    """
    first = samplings[0]
    for sampling, name in zip(samplings, names, strict=True):
        for field in fields(Sampling):
            ours, theirs = getattr(first, field.name), getattr(sampling, field.name)
            if not _same(ours, theirs):
                raise QueryError(
                    f"the Items do not belong together: {field.name} is {ours!r} in {names[0]}, {theirs!r} in {name}",
                    remedy="Make a series of each kind.",
                )
    return first


def seen_lines(
    shapes: Sequence[BurstShape], orbits: Sequence[Orbit], ground: GeolocationGrid, interval_s: float
) -> tuple[float, ...]:
    """Return in which line each date sees one point on the ground: the tie point nearest to the first date's middle.

    Parameters
    ----------
    shapes : sequence of BurstShape
        One for each date.
    orbits : sequence of Orbit
        Their state vectors.
    ground : GeolocationGrid
        Tie points of the first date.
    interval_s : float
        Seconds between lines.

    Returns
    -------
    tuple of float
        Lines since the first of the burst, with fractions; also outside the burst.

    Raises
    ------
    FormatError
        If an orbit does not reach the point.
    """
    middle = shapes[0].start + np.timedelta64(round(shapes[0].lines / 2 * interval_s * 1e9), "ns")
    row = int(np.argmin(np.abs((ground.azimuth_time - middle).astype(np.int64))))
    column = ground.slant_range_time.size // 2
    longitude, latitude, height = (
        float(ground.values[name][row, column]) for name in ("longitude", "latitude", "height")
    )
    point = earth_fixed(longitude, latitude, height)
    return tuple(seen_s(orbit, point, shape.start) / interval_s for shape, orbit in zip(shapes, orbits, strict=True))


def common_grid(
    shapes: Sequence[BurstShape], seen: Sequence[float], range_sampling_rate: float, names: Sequence[str]
) -> Grid:
    """Return the smallest grid that holds the bursts of all dates.

    Parameters
    ----------
    shapes : sequence of BurstShape
        One for each date.
    seen : sequence of float
        In which line each date sees one and the same point, see :func:`seen_lines`.
    range_sampling_rate : float
        Samples per second.
    names : sequence of str
        What to call the dates in a message.

    Raises
    ------
    FormatError
        If a date is so far off that it is of another burst.

    Examples
    --------
    >>> start = np.datetime64("2025-01-01", "ns")
    >>> shapes = [BurstShape(start, 5.0e-3, 10, 30), BurstShape(start, 5.1e-3, 10, 30)]
    >>> grid = common_grid(shapes, (4.0, 2.8), 50e3, ["a", "b"])
    >>> grid.lines, grid.samples, grid.line, grid.pixel
    (11, 35, (0, 1), (0, 5))
    >>> round(grid.line_shift[1], 3)
    0.2
    """
    down = [seen[0] - line for line in seen]
    along = [(shape.slant_range_time - shapes[0].slant_range_time) * range_sampling_rate for shape in shapes]
    for shape, lines, samples, name in zip(shapes, down, along, names, strict=True):
        if not (abs(lines) < _FARTHEST * shape.lines and abs(samples) < _FARTHEST * shape.samples):
            raise FormatError(
                f"{name} lies {lines:.0f} lines and {samples:.0f} samples from {names[0]}",
                remedy="Its annotation is of another burst than its Item says.",
            )
    line, pixel = [round(value) for value in down], [round(value) for value in along]
    top, near = min(line), min(pixel)
    return Grid(
        lines=max(first + shape.lines for first, shape in zip(line, shapes, strict=True)) - top,
        samples=max(first + shape.samples for first, shape in zip(pixel, shapes, strict=True)) - near,
        slant_range_time=shapes[0].slant_range_time + near / range_sampling_rate,
        line=tuple(first - top for first in line),
        pixel=tuple(first - near for first in pixel),
        line_shift=tuple(exact - whole for exact, whole in zip(down, line, strict=True)),
        pixel_shift=tuple(exact - whole for exact, whole in zip(along, pixel, strict=True)),
    )


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str):
        return bool(ours == theirs)
    return math.isclose(ours, theirs, rel_tol=_SAME)
