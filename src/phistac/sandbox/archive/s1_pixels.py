"""Pixels of Sentinel-1 images: speckle that is the same every time it is asked for.

A burst keeps its speckle from pass to pass (0.7 of its amplitude, so coherence 0.49, with a phase of its own), so
interferograms of the archive are not mere noise. What keeps is tied to the ground: a pass whose bursts begin some lines
later or samples farther sees it shifted by as many. Lines and samples outside the valid part are zero, as in real
bursts.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from phistac.sandbox.archive.s1_image import Image
    from phistac.sandbox.archive.s1_scene import Swath

__all__ = ["detected", "slc_blocks"]

_STEADY = 0.7
_STEP = 128
_MARGIN = 4
"""Lines of speckle before the first line of a burst that begins on time."""


def _random(*parts: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(parts).encode()))


def slc_blocks(
    image: Image, seed: int, chosen: frozenset[int] | None = None
) -> Iterator[tuple[int, NDArray[np.int16]]]:
    """Yield first line and int16 ``(lines, samples, 2)`` blocks of an SLC image.

    Parameters
    ----------
    image : Image
        A sub-swath in one polarization.
    seed : int
        Of the archive.
    chosen : frozenset of int, optional
        Indices of the bursts that get pixels; the others stay empty. All of them by default.
    """
    swath = image.swath
    if swath is None:
        return
    for index, burst in enumerate(swath.bursts):
        if chosen is not None and index not in chosen:
            continue
        ground = _random(seed, "ground", swath.beam.name, image.polarization, burst.number)
        date = _random(seed, "date", swath.beam.name, image.polarization, burst.absolute)
        phase = float(date.uniform(0, 2 * np.pi))
        _steady(ground, swath, _MARGIN + swath.timing.late_lines)
        for line in range(0, swath.lines_per_burst, _STEP):
            count = min(_STEP, swath.lines_per_burst - line)
            steady = _steady(ground, swath, count)
            block = _speckle(steady, date, phase, 35.0 if image.polarization == "vh" else 60.0)
            yield index * swath.lines_per_burst + line, _cut(block, swath, line)


def _steady(ground: np.random.Generator, swath: Swath, lines: int) -> NDArray[np.float32]:
    """Return the next lines of what keeps, from the swath's first sample on."""
    width = swath.samples + swath.timing.far_samples
    return ground.standard_normal((lines, width, 2), dtype=np.float32)[:, swath.timing.far_samples :]


def _speckle(steady: NDArray[np.float32], date: np.random.Generator, phase: float, level: float) -> NDArray[np.int16]:
    fleeting = date.standard_normal(steady.shape, dtype=np.float32)
    cos, sin = np.float32(_STEADY * np.cos(phase)), np.float32(_STEADY * np.sin(phase))
    block = np.float32(np.sqrt(1 - _STEADY**2)) * fleeting
    block[..., 0] += cos * steady[..., 0] - sin * steady[..., 1]
    block[..., 1] += sin * steady[..., 0] + cos * steady[..., 1]
    block *= np.float32(level)
    return block.astype(np.int16)


def _cut(block: NDArray[np.int16], swath: Swath, line: int) -> NDArray[np.int16]:
    lines, samples = swath.valid
    number = np.arange(line, line + len(block))
    block[(number < lines.start) | (number >= lines.stop)] = 0
    block[:, : samples.start] = 0
    block[:, samples.stop :] = 0
    return block


def detected(image: Image, seed: int) -> NDArray[np.uint16]:
    """Return a detected image, uint16 ``(lines, samples)``: speckle over a slow pattern, with dark margins."""
    lines, samples = image.layout.lines, image.layout.samples
    random = _random(seed, "grd", image.polarization, image.scene.passed.orbit)
    y, x = np.mgrid[0:lines, 0:samples]
    pattern = 90 + 40 * np.sin(x / 37) * np.cos(y / 23)
    amplitude = pattern * np.sqrt(random.gamma(4.4, 1 / 4.4, (lines, samples)))
    amplitude[:, :6] = 0
    amplitude[:, -6:] = 0
    return np.asarray(amplitude.astype(np.uint16))
