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

from phistac.errors import FormatError
from phistac.sandbox.archive.bursts import T_ORBIT, BeamPattern, burst_number
from phistac.sandbox.archive.s1_modes import IW
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import shift

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from phistac.sandbox.archive.s1_modes import Beam, Mode
    from phistac.sandbox.archive.s1_pass import Pass

__all__ = ["Burst", "Scene", "Swath", "Timing", "acquire", "acquire_still"]


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
    old: bool
    """Whether files have the layout of IPF 2.36."""
    tops: bool
    """Whether the image is made of bursts; one that is not counts as one of them here."""
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
        points = 21 * (len(self.bursts) + 1)
        return Layout(self.lines, self.samples, points, complex_pixels=True, old=self.old)

    @property
    def valid(self) -> tuple[slice, slice]:
        """Lines of every burst, and samples of every line, that hold an image."""
        lines, samples = self.lines_per_burst, self.samples
        if not self.tops:
            return slice(0, lines), slice(0, samples)
        return slice(lines // 50 + 1, lines - lines // 50 - 1), slice(samples // 24, samples - samples // 20)


@dataclass(frozen=True, slots=True)
class Scene:
    """One slice of a pass: what becomes one SLC, one GRD and one COG product."""

    passed: Pass
    mode: Mode
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
    mode: Mode = IW,
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
    mode : Mode
        One with bursts.
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
    if mode.pattern is None:
        raise FormatError(f"{mode.name} has no bursts", remedy="Use acquire_still.")
    swaths = []
    for beam in mode.beams:
        empty = _swath(beam, passed, timing, tops=True, full=full, shape=(shapes or {}).get(beam.name))
        first = first_burst - (beam.name == "IW3")
        layout = Layout(empty.lines_per_burst * count, empty.samples, 0, complex_pixels=True, old=empty.old)
        step = empty.lines_per_burst * layout.row_bytes
        bursts = tuple(
            _burst(passed, mode.pattern, empty, first + index, layout.first_pixel + index * step)
            for index in range(count)
        )
        swaths.append(replace(empty, bursts=bursts))
    return Scene(passed, mode, slice_number, tuple(swaths))


def acquire_still(passed: Pass, mode: Mode, start_anx_s: float, *, images: int = 1) -> Scene:
    """Return the scene of a mode without bursts; ``images`` of the wave mode, the beams in turn, 14.7 s apart.

    Parameters
    ----------
    passed : Pass
        Satellite and orbit.
    mode : Mode
        One without bursts.
    start_anx_s : float
        When it begins, in seconds since the ascending node.
    images : int
        How many.
    """
    swaths = []
    for number in range(images):
        empty = _swath(mode.beams[number % len(mode.beams)], passed, Timing(), tops=False, full=False, shape=None)
        layout = Layout(empty.lines_per_burst, empty.samples, 0, complex_pixels=True, old=empty.old)
        start = start_anx_s + 14.7 * number
        moment = shift(passed.anx, start)
        burst = Burst(0, 0, start, moment, moment, layout.first_pixel)
        swaths.append(replace(empty, bursts=(burst,)))
    return Scene(passed, mode, 1, tuple(swaths))


def _swath(beam: Beam, passed: Pass, timing: Timing, *, tops: bool, full: bool, shape: tuple[int, int] | None) -> Swath:
    if shape is not None:
        beam = replace(beam, lines=shape[0], samples=shape[1])
    lines, samples = (beam.lines, beam.samples) if full else (beam.lines // 20, beam.samples // 100)
    interval, rate = beam.interval * beam.lines / lines, beam.sampling_rate * samples / beam.samples
    return Swath(beam, lines, samples - timing.far_samples, interval, rate, timing, passed.old, tops)


def _burst(passed: Pass, pattern: BeamPattern, swath: Swath, number: int, byte_offset: int) -> Burst:
    half = swath.lines_per_burst * swath.interval / 2
    late = swath.timing.jitter_s + swath.timing.late_lines * swath.interval
    cycles = pattern.preamble + (number - 1 + swath.beam.phase) * pattern.cycle
    middle = cycles - (passed.relative_orbit - 1) * T_ORBIT + late
    azimuth = shift(passed.anx, middle - half)
    return Burst(
        burst_number(middle, passed.relative_orbit, pattern),
        burst_number(middle, passed.orbit, pattern),
        float(np.round(middle - half, 9)),
        azimuth,
        shift(azimuth, swath.beam.lag),
        byte_offset,
    )
