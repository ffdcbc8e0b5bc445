"""Who gives way to whom: the rules by which processes share the connections of an account.

1. Whoever has none goes first. A process that has a slot takes no other one while somebody without any waits, and gives
   back all but one, each as soon as the request on it ends.
2. A batch waits behind each. After 128 MB or 200 requests a slot goes back if anybody waits for one.
3. A connection at rest that others wait for is kept for as long as it takes them to open theirs: its owner may come
   back sooner than that, and if not, no more than twice the time is lost that nobody could have saved.
4. What the service refuses is not asked for again: slots beyond what :class:`~phistac.remote.budget.throttle.Throttle`
   allows go back.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from phistac.remote.budget.bell import Ear
    from phistac.remote.budget.slotpool import SlotPool
    from phistac.remote.budget.slots import Slots
    from phistac.remote.budget.throttle import Throttle
    from phistac.remote.web.patience import Clock

__all__ = ["Manners"]

_BATCH_BYTES = 128 * 1024 * 1024
_BATCH_REQUESTS = 200
_YIELD_S = 0.05
"""After giving a slot back to others, how long we neither snatch at it nor give another: longer than the longest poll
of those who do not hear the bell."""

_POLL_S = 0.01
_POLL_SPREAD_S = 0.03
_WITH_BELL = 3.0
"""Times as long does one wait who hears the bell; only a process that is killed gives back without ringing."""

_LOOK_AGAIN_S = 1.0
"""How soon to look again when only this process itself can change anything."""


class Manners:
    """What one process owes the others.

    Parameters
    ----------
    pool : SlotPool
        What it has.
    slots : Slots
        What all have.
    throttle : Throttle
        What the service allows.
    clock : Clock
        Tests bring their own.
    """

    def __init__(self, pool: SlotPool, slots: Slots, throttle: Throttle, clock: Clock) -> None:
        self._pool = pool
        self._slots = slots
        self._throttle = throttle
        self._clock = clock
        self._bytes = 0
        self._requests = 0
        self._patient_until = float("-inf")

    def may_take(self) -> bool:
        """Whether we may take one more slot now."""
        if not self._wants() or self._clock.monotonic() < self._patient_until:
            return False
        return not (self._pool.slots and self._slots.starved())

    def asking(self) -> AbstractContextManager[Ear | None]:
        """Let the others know, inside a ``with`` block, that we wait, if they could help."""
        return self._slots.waiting(starved=not self._pool.slots) if self._wants() else nullcontext()

    def poll_s(self, ear: Ear | None, *, woken: bool) -> float:
        """Return how long to wait before looking again without having heard of anything.

        Parameters
        ----------
        ear : Ear, optional
            What hears of slots that come back.
        woken : bool
            Whether who waits is woken by what changes in this process.
        """
        rest_s = self._throttle.rest_s
        if rest_s > 0:
            return min(rest_s, _LOOK_AGAIN_S)
        if woken and not self._wants():
            return _LOOK_AGAIN_S
        poll_s = _POLL_S + _POLL_SPREAD_S * self._clock.chance()
        return poll_s if ear is None else _WITH_BELL * poll_s

    def gives_back(self, moved: int) -> bool:
        """Count a request that has ended; whether a slot has to go back after it.

        Parameters
        ----------
        moved : int
            Bytes.
        """
        self._requests += 1
        self._bytes += moved
        gives = self._must_give()
        if gives:
            self.gave()
        return gives

    def gave(self) -> None:
        """Take note that a slot goes back."""
        self._patient_until = self._clock.monotonic() + _YIELD_S

    def rest_s(self, opening_s: float) -> float:
        """Return how long a connection may go on resting.

        Parameters
        ----------
        opening_s : float
            What it takes the next one to open another.
        """
        if self._pool.beyond(self._throttle.allowed):
            return 0.0
        return opening_s if self._slots.contended() else float("inf")

    def _wants(self) -> bool:
        return self._pool.slots < self._throttle.allowed

    def _must_give(self) -> bool:
        if self._pool.beyond(self._throttle.allowed):
            return True
        if self._clock.monotonic() < self._patient_until:
            return False
        if self._pool.held > 1 and self._slots.starved():
            return True
        served = self._requests >= _BATCH_REQUESTS or self._bytes >= _BATCH_BYTES
        if not (served and self._slots.contended()):
            return False
        self._requests = self._bytes = 0
        return True
