"""Leases that the scheduler of a Dask cluster gives out: what the workers on all its machines have together.

A scheduler that listens on the loopback address has all its workers here, where files do; any other may have some
elsewhere.
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
    from collections.abc import Callable

__all__ = ["Lease", "Leases", "is_worker", "shared_scheduler"]

_NEEDED = ("Client", "Status", "Worker", "default_client", "get_worker")


class Leases:
    """One semaphore of whichever scheduler it is asked for.

    A lease is asked for in a thread, never inside an event loop, which would block every read of the process. One whose
    process dies runs out by itself.

    Parameters
    ----------
    name : str
        The semaphore's; all processes of the cluster say the same.
    count : int
        How many leases there are.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._semaphores: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None

    def take(self, owner: Any, timeout_s: float) -> Lease | None:
        """Return a lease, or ``None`` if there is none within so many seconds.

        Parameters
        ----------
        owner : distributed.Client or distributed.Worker
            Whose scheduler to ask.
        timeout_s : float
            How long to wait for somebody to give one back.

        Raises
        ------
        ServiceError
            If the scheduler does not answer.
        """
        try:
            semaphore = self._semaphore(owner)
            leased = semaphore.acquire(timeout=timeout_s)
        except (OSError, TimeoutError) as error:
            raise ServiceError(
                f"the Dask scheduler at {owner.scheduler.address} does not answer, so no connection may be opened",
                remedy="Restart the cluster, or close its client to work on this machine alone.",
            ) from error
        return Lease(semaphore.release, self._returning()) if leased else None

    def _semaphore(self, owner: Any) -> Any:
        import distributed  # noqa: PLC0415 - heavy, and imported already wherever this is reached

        with self._lock:
            address = owner.scheduler.address
            if address not in self._semaphores:
                new: Any = distributed.Semaphore
                self._semaphores = {address: new(self._count, self._name, owner.scheduler, owner.loop)}
            return self._semaphores[address]

    def _returning(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="phistac-leases")
            return self._thread


class Lease:
    """The right to one of a few things that a cluster shares.

    Parameters
    ----------
    release : callable
        What gives it back; it waits for the scheduler.
    thread : concurrent.futures.Executor
        Where that is done.
    """

    def __init__(self, release: Callable[[], object], thread: ThreadPoolExecutor) -> None:
        self._release: Callable[[], object] | None = release
        self._thread = thread
        self._lock = threading.Lock()

    def end(self) -> None:
        """Give it back, soon, from whatever thread; a second call does nothing."""
        with self._lock:
            release, self._release = self._release, None
        if release is not None:
            with contextlib.suppress(RuntimeError):  # at the end of the process the lease runs out by itself
                self._thread.submit(release)


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


def is_worker(owner: Any) -> bool:
    """Say whether that is a worker, not a client."""
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
