"""What a Sentinel-1 pass over the area is: satellite, orbit, beams, bursts and when each of them was seen.

Times and numbers follow the real relations (burst numbers from the beam pattern, ``byteOffset`` from the TIFF layout,
absolute from relative orbits). A small archive has fewer lines and samples than ESA's, over the same ground: its
bursts cover the same 20 km by 85 km, so the line interval is longer and the range sampling rate lower by just as
much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from phistac.sandbox.archive.bursts import IW, T_ORBIT, burst_number
from phistac.sandbox.archive.orbit import SENTINEL_1, Orbit
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import shift

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["POLARIZATIONS", "Beam", "Burst", "Pass", "Scene", "Swath", "acquire", "pass_of"]

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
class Pass:
    """One satellite in one orbit."""

    unit: str
    orbit: int
    relative_orbit: int
    cycle: int
    anx: datetime
    ascending: bool
    datatake: int
    track: Orbit
    ipf: str
    configuration: int
    nssdc: str

    @property
    def mission(self) -> str:
        """``S1A``, ``S1C``: as names begin."""
        return f"S1{self.unit}"

    @property
    def direction(self) -> str:
        """``ASCENDING`` or ``DESCENDING``."""
        return "ASCENDING" if self.ascending else "DESCENDING"


@dataclass(frozen=True, slots=True)
class _Unit:
    track: Orbit
    first_orbit: int
    cycle_offset: int
    datatake: int
    ipf: str
    configuration: int
    nssdc: str


# S1C flies the same ground track half a cycle (6 days) later; 270 days are 22 cycles and a half.
_S1C = replace(
    SENTINEL_1,
    node_orbit=5702,
    node_time=SENTINEL_1.anx_time(58628) + timedelta(days=270),
    node_longitude=SENTINEL_1.node_longitude + 2 * 360 * SENTINEL_1.period / 86400,
)
_UNITS = {
    "A": _Unit(SENTINEL_1, 73, 15, 475679, "003.91", 7, "2014-016A"),
    "C": _Unit(_S1C, 172, 5, 46676, "003.91", 5, "2024-236A"),
}


def pass_of(unit: str, relative_orbit: int, after: datetime, *, ascending: bool) -> Pass:
    """Return the first pass of a satellite on a relative orbit whose node lies at or after an instant."""
    known = _UNITS[unit]
    orbit = known.track.orbit_at(after) + 1
    orbit += (relative_orbit - 1 - (orbit - known.first_orbit)) % 175
    return Pass(
        unit,
        orbit,
        relative_orbit,
        (orbit - known.first_orbit) // 175 + known.cycle_offset,
        known.track.anx_time(orbit),
        ascending,
        known.datatake + 10 * (orbit - known.track.node_orbit),
        known.track,
        known.ipf,
        known.configuration,
        known.nssdc,
    )


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
    bursts: tuple[Burst, ...]

    @property
    def interval(self) -> float:
        """Seconds from one line to the next."""
        return _LINE_INTERVAL * self.beam.lines / self.lines_per_burst

    @property
    def sampling_rate(self) -> float:
        """Range samples per second."""
        return _SAMPLING_RATE * self.samples / self.beam.samples

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
    passed: Pass, first_burst: int, count: int, *, full: bool = False, jitter_s: float = 0.0, slice_number: int = 12
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
        ESA's own number of lines and samples; else a 20th and a 100th of them.
    jitter_s : float
        How late the satellite is on its track, in seconds (real passes differ by milliseconds).
    slice_number : int
        Which slice of the data take this is.
    """
    swaths = []
    for beam in _BEAMS:
        lines, samples = (beam.lines, beam.samples) if full else (beam.lines // 20, beam.samples // 100)
        empty = Swath(beam, lines, samples, ())
        first = first_burst - (beam.name == "IW3")
        layout = Layout(lines * count, samples, 0, complex_pixels=True)
        bursts = tuple(
            _burst(passed, empty, first + index, jitter_s, layout.first_pixel + index * lines * layout.row_bytes)
            for index in range(count)
        )
        swaths.append(replace(empty, bursts=bursts))
    return Scene(passed, slice_number, tuple(swaths))


def _burst(passed: Pass, swath: Swath, number: int, jitter_s: float, byte_offset: int) -> Burst:
    half = swath.lines_per_burst * swath.interval / 2
    middle = IW.preamble + (number - 1 + swath.beam.phase) * IW.cycle - (passed.relative_orbit - 1) * T_ORBIT + jitter_s
    azimuth = shift(passed.anx, middle - half)
    return Burst(
        burst_number(middle, passed.relative_orbit),
        burst_number(middle, passed.orbit),
        float(np.round(middle - half, 9)),
        azimuth,
        shift(azimuth, swath.beam.lag),
        byte_offset,
    )
