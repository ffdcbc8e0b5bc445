"""Burst numbers: which cycle of the TOPS beam pattern a burst belongs to.

The radar repeats its beam pattern every ``T_BEAM`` seconds, counted from a preamble after the ascending node of
relative orbit 1. The number of a burst is the cycle in which its middle lies::

    b = 1 + floor((t_mid + (orbit - 1) * T_ORBIT - T_PREAMBLE) / T_BEAM)

with ``t_mid`` the time of the burst's middle line since the ascending node; relative orbit in, ``burstId`` out;
absolute orbit in, ``burstId@absolute`` out. Source: Sentinel-1 Product Specification S1-RS-MDA-52-7441; every number
agrees with the annotations of IPF 3.91.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

__all__ = ["EW", "IW", "T_ORBIT", "BeamPattern", "burst_number", "pattern_of"]

T_ORBIT = 12 * 86400 / 175
"""Seconds of one revolution: 175 of them in 12 days."""


@dataclass(frozen=True, slots=True)
class BeamPattern:
    """The repeating beam pattern of a TOPS mode."""

    cycle: float
    """Seconds from one burst of a sub-swath to the next."""
    preamble: float
    """Seconds from the node to the start of the first cycle."""


IW = BeamPattern(cycle=2.758273, preamble=2.299849)
EW = BeamPattern(cycle=3.038376, preamble=2.299970)


def pattern_of(mode: str) -> BeamPattern | None:
    """Return the beam pattern of ``IW`` or ``EW``; None for modes without bursts."""
    return {"IW": IW, "EW": EW}.get(mode)


def burst_number(mid_anx_s: float, orbit: int, pattern: BeamPattern = IW) -> int:
    """Return the number of the burst whose middle lies ``mid_anx_s`` seconds after the ascending node.

    Parameters
    ----------
    mid_anx_s : float
        Azimuth time of the burst's middle line, seconds since the ascending node.
    orbit : int
        Relative orbit (1 to 175) for the relative number, absolute orbit for the absolute one.
    pattern : BeamPattern
        Of the acquisition mode.

    Examples
    --------
    >>> burst_number(836.1233655546 + 1502 * 2.0555563e-3 / 2, 108)
    230132
    """
    return 1 + floor((mid_anx_s + (orbit - 1) * T_ORBIT - pattern.preamble) / pattern.cycle)
