"""Slots that the workers of a Dask cluster share, when it may span more than this machine.

On one machine the lock files do; elsewhere each connection needs a lease of the scheduler as well as a slot of its
machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.remote.budget.leases import Leases, is_worker, shared_scheduler

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from phistac.remote.budget.bell import Ear
    from phistac.remote.budget.leases import Lease
    from phistac.remote.budget.slots import Slot, Slots

__all__ = ["ClusterSlots"]

_TRY_S = 0.2


class ClusterSlots:
    """Slots of this machine and, where a cluster spans several, leases of its scheduler.

    Parameters
    ----------
    machine : Slots
        The slots of this machine.
    name : str
        The account at its service; names the semaphore.
    count : int
        How many leases there are.
    """

    def __init__(self, machine: Slots, name: str, count: int) -> None:
        self._machine = machine
        self._leases = Leases(f"phistac-{name}", count)

    def __repr__(self) -> str:
        return f"ClusterSlots({self._machine!r})"

    @property
    def blocking(self) -> bool:
        """Whether a scheduler must be asked."""
        return self._machine.blocking or shared_scheduler() is not None

    def try_take(self, most: int) -> Slot | None:
        """Return a slot with a number below ``most`` if one is free now; may wait a moment for the scheduler."""
        slot = self._machine.try_take(most)
        owner = shared_scheduler()
        if slot is None or owner is None:
            return slot
        try:
            lease = self._leases.take(owner, _TRY_S)
        except BaseException:
            slot.release()
            raise
        if lease is None:
            slot.release()
            return None
        return _Both(slot, lease)

    def free(self, most: int) -> int:
        """Return about how many slots are free; on a worker none, for the other workers' machines are not seen."""
        owner = shared_scheduler()
        return 0 if owner is not None and is_worker(owner) else self._machine.free(most)

    def contended(self) -> bool:
        """Whether someone else may be waiting; a scheduler does not tell, so in a cluster someone is."""
        return shared_scheduler() is not None or self._machine.contended()

    def starved(self) -> bool:
        """Whether someone on this machine is waiting who has no slot at all."""
        return self._machine.starved()

    def waiting(self, *, starved: bool) -> AbstractContextManager[Ear | None]:
        """Let the others on this machine know that a slot is being waited for."""
        return self._machine.waiting(starved=starved)


class _Both:
    """A slot of this machine with a lease of the scheduler."""

    def __init__(self, slot: Slot, lease: Lease) -> None:
        self.number = slot.number
        self._slot = slot
        self._lease = lease

    def release(self) -> None:
        self._slot.release()
        self._lease.end()
