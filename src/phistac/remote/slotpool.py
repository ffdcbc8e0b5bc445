"""The bookkeeping of one process: which slots it holds, how many sockets and requests they carry. No waiting in here.

Invariants, after every method:

- sockets <= slots held + slots leaving
- requests in flight <= slots held
- no slot is kept that carries neither

A *leaving* slot is one that is being given back: it takes no more requests, but the socket that it carries is not
closed yet. Every method is safe from any thread, and from a garbage collection in the middle of another.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from phistac.remote.counters import Counters

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.remote.slots import Slot

__all__ = ["NoSlotError", "SlotPool"]


class NoSlotError(OSError):
    """A socket was about to be opened while every slot still carries one; never leaves this room."""


class SlotPool:
    """Slots, sockets, requests in flight and leases of one process.

    Parameters
    ----------
    changed : callable
        Called, without a lock held, whenever someone who waits should look again.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.RLock()
        self._held: list[Slot] = []
        self._leaving: list[Slot] = []
        self._sockets = 0
        self._requests = 0
        self._leases = 0
        self._counters = Counters()

    @property
    def counters(self) -> Counters:
        """A copy of the counts."""
        with self._lock:
            return replace(self._counters)

    @property
    def slots(self) -> int:
        """Slots that this process holds, in whatever state."""
        with self._lock:
            return len(self._held) + len(self._leaving) + self._leases

    @property
    def sockets(self) -> int:
        """Sockets open now."""
        with self._lock:
            return self._sockets

    @property
    def has_room(self) -> bool:
        """Whether a slot carries no socket."""
        with self._lock:
            return self._sockets < len(self._held)

    def enter(self, allowed: int, slot: Slot | None = None) -> bool:
        """Begin a request in a slot that has none, if there is one and no more than ``allowed`` are busy.

        Parameters
        ----------
        allowed : int
            Requests and leases that may be under way now.
        slot : Slot, optional
            One more slot, just taken.
        """
        with self._lock:
            if slot is not None:
                self._held.append(slot)
            entered = self._requests < len(self._held) and self._requests + self._leases < allowed
            if entered:
                self._requests += 1
                self._counters.requests += 1
                self._note_peaks()
            spare = self._spare()
        self._release(spare)
        return entered

    def leave(self, *, moved: int, retire: bool) -> None:
        """End a request that has moved so many bytes; with ``retire`` its slot is given back once a socket closes."""
        with self._lock:
            self._requests -= 1
            self._counters.bytes += moved
            if retire and self._held:
                self._leaving.append(self._held.pop())
            spare = self._spare()
        self._release(spare)
        self._changed()

    def open_socket(self) -> None:
        """Count a socket that is about to be opened.

        Raises
        ------
        NoSlotError
            If every slot carries one already.
        """
        with self._lock:
            if self._sockets >= len(self._held):
                raise NoSlotError("every slot carries a socket")
            self._sockets += 1
            self._note_peaks()

    def close_socket(self) -> None:
        """Count a socket that has been closed."""
        with self._lock:
            self._sockets -= 1
            spare = self._spare()
        self._release(spare)
        self._changed()

    def begin_lease(self) -> None:
        """Count a slot that is used by other means; the caller holds and releases it."""
        with self._lock:
            self._leases += 1
            self._counters.requests += 1
            self._note_peaks()

    def end_lease(self) -> None:
        """Count the end of a lease."""
        with self._lock:
            self._leases -= 1
        self._changed()

    def note(self, *, waited_s: float = 0.0, refused: bool = False) -> None:
        """Count a wait or a refusal."""
        with self._lock:
            self._counters.refused += refused
            if waited_s > 0:
                self._counters.waits += 1
                self._counters.waited_s += waited_s

    def _spare(self) -> list[Slot]:
        """Take out the slots that carry nothing; called with the lock held."""
        spare: list[Slot] = []
        while self._leaving and self._sockets < len(self._held) + len(self._leaving):
            spare.append(self._leaving.pop())
        while len(self._held) > max(self._requests, self._sockets):
            spare.append(self._held.pop())
        return spare

    def _release(self, spare: list[Slot]) -> None:
        for slot in spare:
            slot.release()

    def _note_peaks(self) -> None:
        counters = self._counters
        counters.peak_sockets = max(counters.peak_sockets, self._sockets + self._leases)
        counters.peak_requests = max(counters.peak_requests, self._requests + self._leases)
