"""What a Sentinel-1 pass over the area is: satellite, orbit, beams, bursts and when each of them was seen.

Times and numbers follow the real relations (burst numbers from the beam pattern, ``byteOffset`` from the TIFF layout,
absolute from relative orbits). A small archive has fewer lines and samples than ESA's, over the same ground: its
bursts cover the same 20 km by 85 km, so the line interval is longer and the range sampling rate lower by just as
much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.bursts import IW, T_ORBIT, burst_number
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import shift

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from phistac.sandbox.archive.s1_pass import Pass

__all__ = ["POLARIZATIONS", "Beam", "Burst", "Scene", "Swath", "Timing", "acquire"]

POLARIZATIONS = ("vh", "vv")
"""Image numbers 001 to 003 are VH, 004 to 006 are VV, as in real dual-polarization products."""

_LINE_INTERVAL, _SAMPLING_RATE = 2.055556299999998e-03, 6.434523812571428e07


@dataclass(frozen=True, slots=True)
class Beam:
    """One sub-swath of the IW mode, with the numbers of a real S1A product (IPF 3.91, orbit 58630)."""

    name: str
    slant_range_time: float
    lines: int
    samples: int
    phase: float
    """Where in the beam pattern's cycle the burst's middle line lies."""
    echo: float
    """Seconds of sensing in one burst: ``EndingDateTime`` less ``BeginningDateTime`` of burst records."""
    lag: float
    """Sensing time less azimuth time of a burst, in seconds."""
    incidence: float


_BEAMS = (
    Beam("IW1", 5.339839490506816e-03, 1502, 22612, 0.1400635, 0.874132, 1.135621, 33.60598577),
    Beam("IW2", 5.649388426530416e-03, 1513, 26395, 0.4854790, 1.041589, 1.026380, 39.03363159),
    Beam("IW3", 6.019874272793424e-03, 1518, 25384, 0.8352634, 0.899860, 1.144751, 43.75777994),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """How one pass differs from the next: images of one burst need not begin at the same line and sample."""

    jitter_s: float = 0.0
    """How late the satellite is on its track, in seconds (real passes differ by milliseconds)."""
    late_lines: int = 0
    """How many lines later every burst begins."""
    far_samples: int = 0
    """How many samples farther every line begins; it has as many less."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst of one sub-swath; the same for both polarizations."""

    number: int
    absolute: int
    anx_s: float
    azimuth_time: datetime
    sensing_time: datetime
    byte_offset: int


@dataclass(frozen=True, slots=True)
class Swath:
    """One sub-swath of a scene: its sampling and its bursts."""

    beam: Beam
    lines_per_burst: int
    samples: int
    interval: float
    """Seconds from one line to the next."""
    sampling_rate: float
    """Range samples per second."""
    timing: Timing
    bursts: tuple[Burst, ...] = ()

    @property
    def slant_range_time(self) -> float:
        """Two-way time to the first sample, in seconds."""
        return self.beam.slant_range_time + self.timing.far_samples / self.sampling_rate

    @property
    def lines(self) -> int:
        """Lines of the whole image."""
        return self.lines_per_burst * len(self.bursts)

    @property
    def start(self) -> datetime:
        """Zero-Doppler time of the first line."""
        return self.bursts[0].azimuth_time

    @property
    def stop(self) -> datetime:
        """Zero-Doppler time of the last line."""
        return shift(self.bursts[-1].azimuth_time, (self.lines_per_burst - 1) * self.interval)

    @property
    def layout(self) -> Layout:
        """Of the measurement TIFF, with its 21 grid points per burst border."""
        return Layout(self.lines, self.samples, 21 * (len(self.bursts) + 1), complex_pixels=True)

    @property
    def valid(self) -> tuple[slice, slice]:
        """Lines of every burst, and samples of every line, that hold an image."""
        lines, samples = self.lines_per_burst, self.samples
        return slice(lines // 50 + 1, lines - lines // 50 - 1), slice(samples // 24, samples - samples // 20)


@dataclass(frozen=True, slots=True)
class Scene:
    """One slice of a pass: what becomes one SLC, one GRD and one COG product."""

    passed: Pass
    slice_number: int
    swaths: tuple[Swath, ...]

    @property
    def start(self) -> datetime:
        """Of the first line of any sub-swath."""
        return min(swath.start for swath in self.swaths)

    @property
    def stop(self) -> datetime:
        """Of the last line of any sub-swath."""
        return max(swath.stop for swath in self.swaths)


def acquire(
    passed: Pass,
    first_burst: int,
    count: int,
    *,
    full: bool = False,
    timing: Timing = Timing(),
    shapes: Mapping[str, tuple[int, int]] | None = None,
    slice_number: int = 12,
) -> Scene:
    """Return the scene of ``count`` bursts per sub-swath, from burst number ``first_burst`` on.

    Parameters
    ----------
    passed : Pass
        Satellite and orbit.
    first_burst : int
        Number of the first IW1 burst; IW3 begins one earlier, as happens in real products.
    count : int
        Bursts of each sub-swath.
    full : bool
        ESA's own number of lines and samples; else a 20th and a 100th of them, over the same ground.
    timing : Timing
        How this pass differs from others.
    shapes : mapping, optional
        Lines of a burst and samples of a line for some of the sub-swaths, sampled as the others are: real ones differ,
        too.
    slice_number : int
        Which slice of the data take this is.
    """
    swaths = []
    for beam in _BEAMS:
        empty = _swath(beam, timing, full=full, shape=(shapes or {}).get(beam.name))
        first = first_burst - (beam.name == "IW3")
        layout = Layout(empty.lines_per_burst * count, empty.samples, 0, complex_pixels=True)
        step = empty.lines_per_burst * layout.row_bytes
        bursts = tuple(
            _burst(passed, empty, first + index, layout.first_pixel + index * step) for index in range(count)
        )
        swaths.append(replace(empty, bursts=bursts))
    return Scene(passed, slice_number, tuple(swaths))


def _swath(beam: Beam, timing: Timing, *, full: bool, shape: tuple[int, int] | None) -> Swath:
    if shape is not None:
        beam = replace(beam, lines=shape[0], samples=shape[1])
    lines, samples = (beam.lines, beam.samples) if full else (beam.lines // 20, beam.samples // 100)
    interval, rate = _LINE_INTERVAL * beam.lines / lines, _SAMPLING_RATE * samples / beam.samples
    return Swath(beam, lines, samples - timing.far_samples, interval, rate, timing)


def _burst(passed: Pass, swath: Swath, number: int, byte_offset: int) -> Burst:
    half = swath.lines_per_burst * swath.interval / 2
    late = swath.timing.jitter_s + swath.timing.late_lines * swath.interval
    middle = IW.preamble + (number - 1 + swath.beam.phase) * IW.cycle - (passed.relative_orbit - 1) * T_ORBIT + late
    azimuth = shift(passed.anx, middle - half)
    return Burst(
        burst_number(middle, passed.relative_orbit),
        burst_number(middle, passed.orbit),
        float(np.round(middle - half, 9)),
        azimuth,
        shift(azimuth, swath.beam.lag),
        byte_offset,
    )
