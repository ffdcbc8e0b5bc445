"""A pass becomes a scene: which bursts or images it has, when each was taken and where it lies in its file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phistac.errors import FormatError
from phistac.sandbox.archive.bursts import T_ORBIT, BeamPattern, burst_number
from phistac.sandbox.archive.s1_modes import IW
from phistac.sandbox.archive.s1_scene import Burst, Scene, Swath, Timing
from phistac.sandbox.archive.tiff import Layout
from phistac.sandbox.archive.times import shift

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.sandbox.archive.s1_modes import Beam, Mode
    from phistac.sandbox.archive.s1_pass import Pass

__all__ = ["acquire", "acquire_still"]

_AS_PLANNED = Timing()


def acquire(
    passed: Pass,
    first_burst: int,
    count: int,
    *,
    mode: Mode = IW,
    full: bool = False,
    timing: Timing = _AS_PLANNED,
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
