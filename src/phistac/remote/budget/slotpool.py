"""The bookkeeping of one process: which slots it holds, how many sockets and requests they carry. No waiting in here.

Invariants, after every method:

- sockets <= slots held + slots leaving
- requests in flight <= slots held
- no slot is kept that carries neither

A *leaving* slot is one that is being given back: it takes no more requests, but the socket that it carries is not
closed yet. Every method is safe from any thread, and from a garbage collection in the middle of another.
"""

from __future__ import annotations

import contextlib
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from phistac.remote.budget.counters import Counters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phistac.remote.budget.slots import Slot

__all__ = ["NoSlotError", "SlotPool"]

_OPENING_S = 0.02
"""Until one was opened."""


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
        self._closing = 0
        self._cramped = 0
        self._requests = 0
        self._leases = 0
        self._counters = Counters()
        self.opening_s = _OPENING_S
        """What it takes to open a connection, lately."""

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
    def held(self) -> int:
        """Slots that this process may send requests by."""
        with self._lock:
            return len(self._held)

    @property
    def busy(self) -> int:
        """Requests and leases under way."""
        with self._lock:
            return self._requests + self._leases

    @property
    def resting(self) -> int:
        """Slots that carry no request just now."""
        with self._lock:
            return len(self._held) - self._requests

    @property
    def surplus(self) -> int:
        """Sockets that have to go: their slots are being given back, or a request of another session needs them."""
        with self._lock:
            return max(0, self._sockets - self._closing - len(self._held) + self._cramped)

    def beyond(self, allowed: int) -> bool:
        """Whether a slot is held that must not be used while no more than ``allowed`` connections are."""
        with self._lock:
            return any(slot.number >= allowed for slot in self._held)

    @property
    def has_room(self) -> bool:
        """Whether a slot carries no socket."""
        with self._lock:
            return self._sockets < len(self._held)

    @contextmanager
    def cramped(self) -> Iterator[None]:
        """Ask for room for one more socket, inside a ``with`` block."""
        with self._lock:
            self._cramped += 1
        try:
            yield
        finally:
            with self._lock:
                self._cramped -= 1

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
                self._held.sort(key=lambda held: held.number)  # the last goes first
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

    def yield_resting(self) -> None:
        """Give back a slot that carries no request, if there is one; as soon as its socket is closed."""
        with self._lock:
            if len(self._held) > self._requests:
                self._leaving.append(self._held.pop())
            spare = self._spare()
        self._release(spare)

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

    def opened(self, seconds: float) -> None:
        """Take note of how long it took to open a socket."""
        self.opening_s = (self.opening_s + seconds) / 2

    def closing_socket(self) -> None:
        """Count a socket that has been closed; it keeps its slot until :meth:`close_socket`."""
        with self._lock:
            self._closing += 1

    def close_socket(self) -> None:
        """Count off a socket that has been closed for long enough."""
        with self._lock:
            self._sockets -= 1
            self._closing -= 1
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
        with contextlib.ExitStack() as all_of_them:  # the others go back whatever becomes of one
            for slot in spare:
                all_of_them.callback(slot.release)

    def _note_peaks(self) -> None:
        counters = self._counters
        counters.peak_sockets = max(counters.peak_sockets, self._sockets + self._leases)
        counters.peak_requests = max(counters.peak_requests, self._requests + self._leases)
