"""Acquisition modes of Sentinel-1: their beams, polarizations and how their products are called.

Numbers of IW, EW1 and S3 are those of real products (IPF 3.91, orbit 58630; IPF 3.31, orbits 37286 and 37258). Lines
and samples of WV follow from the sizes of 60 real files; EW2 to EW5 are EW1, farther and farther away.
"""

from __future__ import annotations

from dataclasses import dataclass

from phistac.sandbox.archive.bursts import EW as EW_PATTERN
from phistac.sandbox.archive.bursts import IW as IW_PATTERN
from phistac.sandbox.archive.bursts import BeamPattern

__all__ = ["EW", "IW", "SM", "WV", "Beam", "Mode"]

_IW_INTERVAL, _IW_RATE = 2.055556299999998e-03, 6.434523812571428e07
_EW_INTERVAL, _EW_RATE = 2.919194958309765e-03, 2.502314816e07


@dataclass(frozen=True, slots=True)
class Beam:
    """One sub-swath: its sampling, and its place in the beam pattern."""

    name: str
    slant_range_time: float
    lines: int
    """Of a burst, or of the whole image where there are none."""
    samples: int
    phase: float
    """Where in the beam pattern's cycle the burst's middle line lies."""
    echo: float
    """Seconds of sensing in one burst: ``EndingDateTime`` less ``BeginningDateTime`` of burst records."""
    lag: float
    """Sensing time less azimuth time of a burst, in seconds."""
    incidence: float
    interval: float = _IW_INTERVAL
    """Seconds from one line to the next."""
    sampling_rate: float = _IW_RATE
    """Range samples per second."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One acquisition mode."""

    name: str
    """``IW``, ``EW``, ``SM``, ``WV``: as manifests and the catalogue have it."""
    beam: str
    """As product and file names have it: the beam of a stripmap, else the mode."""
    beams: tuple[Beam, ...]
    polarizations: tuple[str, ...]
    """In the order of the images of a single-look complex product."""
    code: str
    """What names say of the polarizations: ``DV``, ``DH``, ``SV``."""
    pattern: BeamPattern | None = None
    """Of the bursts; None where there are none."""
    resolution: str = "H"
    """Of detected products: ``H`` or ``M``."""

    @property
    def detected_polarizations(self) -> tuple[str, ...]:
        """In the order of the images of a detected product: like polarization first."""
        return tuple(sorted(self.polarizations, key=lambda both: both[0] != both[1]))


IW = Mode(
    "IW",
    "IW",
    (
        Beam("IW1", 5.339839490506816e-03, 1502, 22612, 0.1400635, 0.874132, 1.135621, 33.60598577),
        Beam("IW2", 5.649388426530416e-03, 1513, 26395, 0.4854790, 1.041589, 1.026380, 39.03363159),
        Beam("IW3", 6.019874272793424e-03, 1518, 25384, 0.8352634, 0.899860, 1.144751, 43.75777994),
    ),
    ("vh", "vv"),  # images 001 to 003 are VH, 004 to 006 are VV
    "DV",
    IW_PATTERN,
)
EW = Mode(
    "EW",
    "EW",
    tuple(
        Beam(
            f"EW{number}",
            4.975388056821895e-03 + 3.1e-4 * (number - 1),
            1168,
            8185,
            0.1 + 0.2 * (number - 1),
            0.55,
            1.38,
            24.57971602825132 + 4.5 * (number - 1),
            _EW_INTERVAL,
            _EW_RATE,
        )
        for number in range(1, 6)
    ),
    ("hh", "hv"),
    "DH",
    EW_PATTERN,
    "M",
)
SM = Mode(
    "SM",
    "S3",
    (
        Beam(
            "S3",
            5.272617843915159e-03,
            36895,
            18998,
            0.0,
            19.1,
            0.0,
            32.03479766845703,
            5.194923129469381e-04,
            6.672839509333333e07,
        ),
    ),
    ("vh", "vv"),
    "DV",
)
WV = Mode(
    "WV",
    "WV",
    (
        Beam("WV1", 5.05e-03, 4924, 5681, 0.0, 2.9, 0.0, 23.8, 5.9e-04, 8.3e07),
        Beam("WV2", 5.75e-03, 4776, 4500, 0.0, 2.9, 0.0, 36.8, 6.1e-04, 6.7e07),
    ),
    ("vv",),
    "SV",
)
