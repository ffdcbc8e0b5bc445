"""Which satellite passes when: the two satellites of the archive, their orbits, and what both are numbered by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from phistac.sandbox.archive.orbit import SENTINEL_1, Orbit

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Pass", "pass_of"]


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
    def old(self) -> bool:
        """Whether the processor wrote measurement files as IPF 2.36 did: pixels right behind the header."""
        return self.ipf < "002.70"

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
