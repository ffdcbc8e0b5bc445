"""How many connections may be used just now: fewer after the service says "too many", more again after a quiet minute.

Somebody else may spend the same account on another machine, and the service alone knows. The usual rule would give up
half; an account has four, so one at a time goes and comes. All processes of this machine share what one has learnt:
what the service refuses to one of them, the others need not ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.budget.sharednumbers import SharedNumbers
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Throttle"]

_QUIET_S = 60.0
_SETTLE_S = 0.25
"""How long nobody sends anything new after a refusal: the answers under way belong to the same incident."""

_REST_S = 1.0
"""How long nobody sends anything new after the last connection was refused and the service does not say."""

_STALE_S = 600.0
"""No rest lies further ahead: the file was left by a machine that has restarted since."""


class Throttle:
    """A number between one and ``most``, and a rest for everyone.

    Parameters
    ----------
    most : int
        What the account may have.
    path : Path, optional
        The file that the processes of this machine share; without it the number is this object's own.
    clock : Clock, optional
        Its ``monotonic`` must be the same for all who share the file, as the system's is.

    Examples
    --------
    >>> throttle = Throttle(4)
    >>> throttle.refused(); throttle.allowed
    3
    """

    def __init__(self, most: int, *, path: Path | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._most = most
        self._now = clock.monotonic
        self._shared = SharedNumbers(3, path)

    @property
    def allowed(self) -> int:
        """How many connections may be used now."""
        now = self._now()
        return self._state(self._shared.read(), now)[0]

    @property
    def rest_s(self) -> float:
        """Seconds for which nobody should send anything new."""
        now = self._now()
        return max(0.0, self._state(self._shared.read(), now)[2] - now)

    def refused(self, asked_s: float | None = None) -> None:
        """Take note of a 429 or 503; those that come before new requests are sent are one incident.

        Parameters
        ----------
        asked_s : float, optional
            How long the service asked us to wait; heeded by everyone if there is only one connection left.
        """

        def shrink(numbers: tuple[float, ...] | None) -> tuple[float, float, float]:
            now = self._now()
            allowed, changed, until = self._state(numbers, now)
            if now < changed + _SETTLE_S:
                return allowed, changed, until
            rest_s = _SETTLE_S if allowed > 1 else (asked_s or _REST_S)
            return max(1, allowed - 1), now, max(until, now + rest_s)

        self._shared.change(shrink)

    def _state(self, numbers: tuple[float, ...] | None, now: float) -> tuple[int, float, float]:
        """Return the number, when it last went down, and the end of the rest."""
        allowed, changed, until = numbers or (float(self._most), float("-inf"), float("-inf"))
        if not changed <= now or until > now + _STALE_S or not 1 <= allowed <= self._most:
            return self._most, float("-inf"), float("-inf")
        minutes = (now - changed) // _QUIET_S
        return int(min(self._most, allowed + minutes)), changed, until
