"""What a Sentinel-1 scene is: satellite, orbit, sub-swaths, bursts and when each of them was seen.

Times and numbers follow the real relations (burst numbers from the beam pattern, ``byteOffset`` from the TIFF layout,
absolute from relative orbits). A small archive has fewer lines and samples than ESA's, over the same ground: its
bursts cover the same 20 km by 85 km, so the line interval is longer and the range sampling rate lower by just as
much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import shift

if TYPE_CHECKING:
    from datetime import datetime

    from phistac.sandbox.archive.s1_modes import Beam, Mode
    from phistac.sandbox.archive.s1_pass import Pass

__all__ = ["Burst", "Scene", "Swath", "Timing"]


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
