"""Requests per minute over all machines of a Dask cluster.

Machines do not see each other's file. So each request needs a lease of the scheduler as well, of which there are a
tenth of what the account may send in a minute, and which goes back a little more than a tenth of a minute after it was
used: no minute, wherever it starts, sees a lease more than ten times.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from phistac.remote.budget.leases import Leases, shared_scheduler
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from phistac.remote.budget.leases import Lease
    from phistac.remote.budget.pace import Pace

__all__ = ["ClusterPace"]

_SHARE = 10
_REST_S = 60.0 / _SHARE + 0.1
_TRY_S = 1.0


class ClusterPace:
    """How long to wait before the next request, on this machine and, where a cluster spans several, on all of them.

    Parameters
    ----------
    machine : Pace
        That of this machine.
    name : str
        The account at its service; names the semaphore.
    per_minute : int
        Requests that the account may send in any minute.
    clock : Clock, optional
        Tests bring their own.
    """

    def __init__(self, machine: Pace, name: str, per_minute: int, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._machine = machine
        self._leases = Leases(f"phistac-{name}-requests", max(1, per_minute // _SHARE))
        self._clock = clock
        self._resting: SimpleQueue[tuple[float, Lease]] = SimpleQueue()
        self._returning: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def blocking(self) -> bool:
        """Whether a scheduler must be asked."""
        return shared_scheduler() is not None

    def reserve(self) -> float:
        """Return the seconds to wait before sending one more request, which is hereby counted.

        Raises
        ------
        ServiceError
            If the scheduler does not answer.
        """
        wait_s = self._machine.reserve()
        started = self._clock.monotonic()
        while (owner := shared_scheduler()) is not None:
            lease = self._leases.take(owner, _TRY_S)
            now = self._clock.monotonic()
            if lease is not None:
                wait_s = max(0.0, wait_s - (now - started))
                self._rest(now + wait_s + _REST_S, lease)
                break
        return wait_s

    def _rest(self, until: float, lease: Lease) -> None:
        self._resting.put((until, lease))
        with self._lock:
            if self._returning is None:  # a daemon: a process that ends need not wait, its leases run out
                self._returning = threading.Thread(target=self._give_back, name="phistac-pace", daemon=True)
                self._returning.start()

    def _give_back(self) -> None:
        while True:
            until, lease = self._resting.get()
            self._clock.sleep(max(0.0, until - self._clock.monotonic()))
            lease.end()
