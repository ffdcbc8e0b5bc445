"""The rate of one connection. Pure: the clock is given."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """When a connection of limited rate has carried so many bytes more.

    A piece is due when a line of ``rate`` would have carried its last byte. Within a response a late piece is made up
    for (timers oversleep by a millisecond, which would cost a piece of 13 ms eight percent), up to ``_CATCH_UP_S``;
    between responses nothing is saved up.

    Examples
    --------
    >>> pace = Pace(1000)
    >>> pace.begin(0.0); pace.due(0.0, 500), pace.due(0.5, 500)
    (0.5, 1.0)
    """

    _CATCH_UP_S = 0.05

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    def begin(self, now: float) -> None:
        """Start a response: the line is idle, or still busy with the one before."""
        self._free = max(self._free, now)

    def due(self, now: float, size: int) -> float:
        """Return the time at which ``size`` bytes more may have been sent, and count them."""
        self._free = max(self._free, now - self._CATCH_UP_S) + size / self._rate
        return self._free
