"""Requests per minute, over all processes of this machine: one number in a shared file.

The number is the time at which the account will have earned the next request if every request costs the same slice of
a minute ("generic cell rate algorithm"). A tenth of the allowance may be spent at once, the rest evenly; so no window
of a minute, wherever it starts, holds more requests than the account may send.
"""

from __future__ import annotations

import os
import struct
import threading
from typing import TYPE_CHECKING

from phistac.remote.flock import lock
from phistac.remote.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Pace"]

_MINUTE_S = 60.0
_DOUBLE = struct.Struct("<d")
_STALE_S = 600.0
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

    def __init__(self, per_minute: int, *, path: Path | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        burst = max(1, per_minute // 10)
        self._interval_s = _MINUTE_S / max(1, per_minute - burst)
        self._ahead_s = (burst - 1) * self._interval_s
        self._path = path
        self._clock = clock
        self._mine = float("-inf")
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Return the seconds to wait before sending one more request, which is hereby counted."""
        with self._lock:
            if self._path is None:
                self._mine, wait_s = self._next(self._mine)
                return wait_s
            return self._reserve_shared(self._path)

    def _reserve_shared(self, path: Path) -> float:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            lock(fd, wait=True)  # held for microseconds, dropped by closing
            stored = os.pread(fd, _DOUBLE.size, 0)
            earned = _DOUBLE.unpack(stored)[0] if len(stored) == _DOUBLE.size else float("-inf")
            earned, wait_s = self._next(earned)
            os.pwrite(fd, _DOUBLE.pack(earned), 0)
            return wait_s
        finally:
            os.close(fd)

    def _next(self, earned: float) -> tuple[float, float]:
        now = self._clock.monotonic()
        if not now - _STALE_S < earned < now + _STALE_S:
            earned = now
        earned = max(earned, now)
        return earned + self._interval_s, max(0.0, earned - now - self._ahead_s)
