"""Requests per minute, over all processes of this machine: one number in a shared file.

The number is the time at which the account will have earned the next request if every request costs the same slice of
a minute ("generic cell rate algorithm"). A tenth of the allowance may be spent at once, the rest evenly; so no window
of a minute, wherever it starts, holds more requests than the account may send.

Several machines of a Dask cluster: :mod:`phistac.remote.budget.clusterpace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.budget.sharednumbers import SharedNumbers
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Pace"]

_MINUTE_S = 60.0
_STALE_S = 120.0
"""No honest reservation lies further ahead: the file was left by a machine that has restarted since."""


class Pace:
    """How long to wait before the next request.

    Parameters
    ----------
    per_minute : int
        Requests that the account may send in any minute.
    path : Path, optional
        The shared file; without it the count is this object's own.
    clock : Clock, optional
        Its ``monotonic`` must be the same for all who share the file, as the system's is.

    Examples
    --------
    >>> pace = Pace(20, clock=Clock(monotonic=lambda: 100.0))
    >>> [round(pace.reserve(), 2) for _ in range(4)]
    [0.0, 0.0, 3.33, 6.67]
    """

    blocking = False
    """Whether it may take a while to tell."""

    def __init__(self, per_minute: int, *, path: Path | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        burst = max(1, per_minute // 10)
        self._interval_s = _MINUTE_S / max(1, per_minute - burst)
        self._ahead_s = (burst - 1) * self._interval_s
        self._earned = SharedNumbers(1, path)
        self._clock = clock

    def reserve(self) -> float:
        """Return the seconds to wait before sending one more request, which is hereby counted."""
        wait_s = 0.0

        def count(numbers: tuple[float, ...] | None) -> tuple[float]:
            nonlocal wait_s
            now = self._clock.monotonic()
            earned = numbers[0] if numbers else now
            if not now - _STALE_S < earned < now + _STALE_S:
                earned = now
            earned = max(earned, now)
            wait_s = max(0.0, earned - now - self._ahead_s)
            return (earned + self._interval_s,)

        self._earned.change(count)
        return wait_s
