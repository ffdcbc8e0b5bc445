"""How many connections may be used just now: fewer after the service says "too many", more again after a quiet minute.

Somebody else may spend the same account on another machine, and the service alone knows. The usual rule would give up
half; an account has four, so one at a time goes and comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Throttle"]

_QUIET_S = 60.0
_ONE_INCIDENT_S = 1.0


class Throttle:
    """A number between one and ``most``.

    Parameters
    ----------
    most : int
        What the account may have.
    clock : Clock, optional
        Tests bring their own.

    Examples
    --------
    >>> throttle = Throttle(4)
    >>> throttle.refused(); throttle.allowed
    3
    """

    def __init__(self, most: int, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._most = most
        self._now: Callable[[], float] = clock.monotonic
        self._allowed = most
        self._changed = float("-inf")

    @property
    def allowed(self) -> int:
        """How many connections may be used now."""
        while self._allowed < self._most and self._now() - self._changed >= _QUIET_S:
            self._allowed += 1
            self._changed += _QUIET_S
        return self._allowed

    def refused(self) -> None:
        """Take note of a 429 or 503; several within a second are one incident."""
        if self._now() - self._changed >= _ONE_INCIDENT_S:
            self._allowed = max(1, self.allowed - 1)
        self._changed = self._now()
