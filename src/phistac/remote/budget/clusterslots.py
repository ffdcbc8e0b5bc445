"""Slots that the workers of a Dask cluster share, when it may span more than this machine.

On one machine the lock files do. A scheduler that listens on the loopback address has all its workers here; any other
may have some elsewhere, and then each connection needs a lease of the scheduler's semaphore as well as a slot of its
machine. A lease is asked for in a thread, never inside an event loop, which would block every read of the process.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from phistac.errors import ServiceError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from phistac.remote.budget.bell import Ear
    from phistac.remote.budget.slots import Slot, Slots

__all__ = ["ClusterSlots", "shared_scheduler"]

_TRY_S = 0.2
_NEEDED = ("Client", "Status", "Worker", "default_client", "get_worker")


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
        self._name = f"phistac-{name}"
        self._count = count
        self._semaphores: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._releases: ThreadPoolExecutor | None = None

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
            semaphore = self._semaphore(owner)
            leased = semaphore.acquire(timeout=_TRY_S)
        except BaseException as error:
            slot.release()
            if not isinstance(error, OSError | TimeoutError):
                raise
            raise ServiceError(
                f"the Dask scheduler at {owner.scheduler.address} does not answer, so no connection may be opened",
                remedy="Restart the cluster, or close its client to work on this machine alone.",
            ) from error
        if leased:
            return _Both(slot, semaphore, self._executor())
        slot.release()
        return None

    def free(self, most: int) -> int:
        """Return about how many slots are free; on a worker none, for the other workers' machines are not seen."""
        owner = shared_scheduler()
        return 0 if owner is not None and _is_worker(owner) else self._machine.free(most)

    def contended(self) -> bool:
        """Whether someone else may be waiting; a scheduler does not tell, so in a cluster someone is."""
        return shared_scheduler() is not None or self._machine.contended()

    def starved(self) -> bool:
        """Whether someone on this machine is waiting who has no slot at all."""
        return self._machine.starved()

    def waiting(self, *, starved: bool) -> AbstractContextManager[Ear | None]:
        """Let the others on this machine know that a slot is being waited for."""
        return self._machine.waiting(starved=starved)

    def _semaphore(self, owner: Any) -> Any:
        import distributed  # noqa: PLC0415 - heavy, and imported already wherever this is reached

        with self._lock:
            address = owner.scheduler.address
            if address not in self._semaphores:
                new: Any = distributed.Semaphore
                self._semaphores = {address: new(self._count, self._name, owner.scheduler, owner.loop)}
            return self._semaphores[address]

    def _executor(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._releases is None:
                self._releases = ThreadPoolExecutor(1, thread_name_prefix="phistac-leases")
            return self._releases


class _Both:
    """A slot of this machine with a lease of the scheduler."""

    def __init__(self, slot: Slot, semaphore: Any, executor: ThreadPoolExecutor) -> None:
        self.number = slot.number
        self._slot = slot
        self._executor = executor
        self._semaphore = semaphore
        self._lock = threading.Lock()

    def release(self) -> None:
        with self._lock:
            semaphore, self._semaphore = self._semaphore, None
        if semaphore is None:
            return
        self._slot.release()
        with contextlib.suppress(RuntimeError):  # at the end of the process the lease runs out by itself
            self._executor.submit(semaphore.release)


def shared_scheduler() -> Any | None:
    """Return the Dask worker or client of this process if its cluster may span several machines, else None."""
    distributed = sys.modules.get("distributed")
    if not all(hasattr(distributed, name) for name in _NEEDED):  # not there, or another thread is importing it
        return None
    owner = _worker(distributed) or _client(distributed)
    scheduler = getattr(owner, "scheduler", None)
    return None if scheduler is None or _is_loopback(scheduler.address) else owner


def _worker(distributed: Any) -> Any | None:
    try:
        return distributed.get_worker()
    except ValueError:  # not in a task's thread; a process that runs workers has one all the same
        workers = getattr(distributed.Worker, "_instances", ())
        return next((w for w in list(workers) if w.status == distributed.Status.running), None)


def _is_worker(owner: Any) -> bool:
    return isinstance(owner, sys.modules["distributed"].Worker)


def _client(distributed: Any) -> Any | None:
    try:
        client = distributed.default_client()
    except ValueError:  # there is none
        return None
    return client if client.status == "running" else None


def _is_loopback(address: str) -> bool:
    """Tell whether only this machine can reach an address.

    Examples
    --------
    >>> _is_loopback("tcp://127.0.0.1:8786"), _is_loopback("inproc://10.0.0.5/1/1"), _is_loopback("tcp://10.0.0.5:8786")
    (True, True, False)
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "inproc" or host in {"localhost", "::1"} or host.startswith("127.")
