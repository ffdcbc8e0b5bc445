"""Pixels that tell where they are: what a completed measurement file holds, computed here and by whoever checks it.

A file of real size with pixels everywhere would take gigabytes, so pixels stand in a few lines of every burst (its
first and last valid ones, two in the middle), or in bands over an image without bursts; all else is a hole of zeros.
Lines and samples that the annotation calls invalid are zero, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Valid", "blocks", "complex_pixels", "detected_pixels", "written"]

_BANDS = 16
_EDGE = 3


def complex_pixels(lines: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return int16 ``(lines, samples, 2)``, real and imaginary part, from -1000 to 1000, of these lines and samples.

    Examples
    --------
    >>> complex_pixels(np.array([100]), np.array([0, 1])).tolist()
    [[[-300, -500], [-297, -489]]]
    """
    line, sample = np.meshgrid(lines, samples, indexing="ij")
    real, imaginary = (7 * line + 3 * sample) % 2001, (5 * line + 11 * sample) % 2001
    return np.stack([real - 1000, imaginary - 1000], axis=-1).astype(np.int16)


def detected_pixels(lines: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return uint16 ``(lines, samples)``, 1 to 4093, of these lines and samples.

    Examples
    --------
    >>> detected_pixels(np.array([100]), np.array([0, 1])).tolist()
    [[701, 704]]
    """
    line, sample = np.meshgrid(lines, samples, indexing="ij")
    return ((7 * line + 3 * sample) % 4093 + 1).astype(np.uint16)


@dataclass(frozen=True, slots=True)
class Valid:
    """Which lines and samples of an image are valid, as its annotation says.

    Without bursts all are.
    """

    lines: int
    samples: int
    first: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    """First valid sample of every line, ``(bursts, lines per burst)``; -1 for a line without one."""
    last: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    """The last one, included."""

    def of(self, line: int) -> slice:
        """Return the valid samples of a line of the image."""
        if not self.first.size:
            return slice(0, self.samples)
        first = int(self.first.flat[line])
        return slice(first, int(self.last.flat[line]) + 1) if first >= 0 else slice(0, 0)


def written(valid: Valid) -> list[int]:
    """Return the lines that hold pixels, in order."""
    if not valid.first.size:
        starts = np.linspace(0, valid.lines - 2 * _EDGE, min(_BANDS, max(1, valid.lines // (2 * _EDGE))))
        return sorted({int(start) + n for start in starts for n in range(min(2 * _EDGE, valid.lines))})
    found: list[int] = []
    for burst, firsts in enumerate(valid.first):
        good = np.flatnonzero(firsts >= 0)
        middle = len(good) // 2
        chosen = np.unique(np.concatenate([good[:_EDGE], good[middle : middle + 2], good[-_EDGE:]]))
        found += [burst * len(firsts) + int(line) for line in chosen]
    return found


def blocks(valid: Valid, *, slc: bool) -> Iterator[tuple[int, NDArray[np.int16] | NDArray[np.uint16]]]:
    """Yield line and pixels of every line that holds some, as :func:`phistac.sandbox.archive.tiff.write` takes them."""
    samples = np.arange(valid.samples)
    for line in written(valid):
        here = np.array([line])
        pixels = complex_pixels(here, samples) if slc else detected_pixels(here, samples)
        inside = valid.of(line)
        pixels[:, : inside.start] = 0
        pixels[:, inside.stop :] = 0
        yield line, pixels
