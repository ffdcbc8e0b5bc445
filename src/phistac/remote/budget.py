"""One budget of connections for everything that an account has open, in this process and beyond it.

CDSE grants an account four connections and does not say whether it counts sockets or requests. So both are kept: at
most as many sockets and as many requests in flight as there are slots, at every moment, by construction.

- A *slot* (:mod:`phistac.remote.slots`) is the right to one connection. The processes of this machine share them, and
  so do the workers of a Dask cluster (:mod:`phistac.remote.clusterslots`).
- A request to S3 *enters* before it is sent and *leaves* when its answer has been read or dropped. It enters if a slot
  that this process holds has nothing to do, else if another slot can be had, else it waits.
- A socket may be opened only into a slot that has none, and its slot goes back when it is closed.
- Traffic by other means (whole products, bursts on demand) takes a whole slot for a while:
  :meth:`ConnectionBudget.lease`.

Whoever has served a batch (128 MB or 200 requests) while others wait gives one slot back: a batch waits behind each.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from phistac.remote.patience import SYSTEM_CLOCK, Clock
from phistac.remote.permits import Permit
from phistac.remote.slotpool import SlotPool
from phistac.remote.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phistac.remote.counters import Counters
    from phistac.remote.pace import Pace
    from phistac.remote.slots import Slot, Slots

__all__ = ["ConnectionBudget"]

_BATCH_BYTES = 128 * 1024 * 1024
_BATCH_REQUESTS = 200
_POLL_S = 0.01
_POLL_SPREAD_S = 0.03
_YIELD_S = 0.1
"""After giving a slot back to others, how long we do not snatch at it: longer than the longest poll."""

_LOOK_AGAIN_S = 1.0
"""How soon to look again when only this process itself can change anything."""


class ConnectionBudget:
    """Connections of one account at one service, as far as this process uses them.

    Parameters
    ----------
    slots : Slots
        Where the right to a connection comes from.
    pace : Pace
        Requests per minute.
    connections : int
        What the account may have open at once.
    clock : Clock, optional
        Tests bring their own.

    Notes
    -----
    Get it from :func:`phistac.remote.budgets.budget_for`: two budgets of one process would still share the slots, but
    not each other's idle connections.
    """

    def __init__(self, slots: Slots, pace: Pace, *, connections: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self.connections = connections
        self._slots = slots
        self._pace = pace
        self._clock = clock
        self._throttle = Throttle(connections, clock=clock)
        self._waker: Callable[[], object] | None = None
        self._pool = SlotPool(self._wake)
        self._turnstiles: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self._batch_requests = 0
        self._batch_bytes = 0
        self._patient_until = float("-inf")

    def __repr__(self) -> str:
        return f"ConnectionBudget({self._slots!r}, connections={self.connections})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a budget belongs to its process; send Settings and call budget_for() where it is used")

    @property
    def counters(self) -> Counters:
        """What has been done, and the most that was open at once."""
        return self._pool.counters

    @property
    def pool(self) -> SlotPool:
        """The bookkeeping, for the sockets."""
        return self._pool

    def refused(self) -> None:
        """Take note that the service answered 429 or 503: use fewer connections for a while."""
        self._throttle.refused()
        self._pool.note(refused=True)

    async def enter(self) -> Permit:
        """Wait for the right to send one request.

        Requests are let in in the order of their coming, one at a time, so only the first in line looks for slots.
        """
        started = self._clock.monotonic()
        turnstile = self._turnstile()
        waited = turnstile.locked()
        async with turnstile:
            wait_s = self._pace.reserve()
            if wait_s > 0:
                waited = True
                await asyncio.sleep(wait_s)
            while not await self._admitted():
                waited = True
                await self._change()
        if waited:
            self._pool.note(waited_s=self._clock.monotonic() - started)
        last = self._is_last()
        return Permit(lambda moved: self._leave(moved, last=last), last=last)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Hold one connection, in the caller's thread, for a request that does not go through :meth:`enter`.

        Use one connection inside, one request after another, and close it before the end. Do not read through the
        filesystem inside: with every slot leased it would wait for ever.

        Examples
        --------
        >>> with budget.lease(), http.request("GET", url, bearer=token) as answer:  # doctest: +SKIP
        ...     shutil.copyfileobj(answer.raw, file)
        """
        slot = self._wait_for_slot()
        self._pool.begin_lease()
        try:
            yield
        finally:
            slot.release()
            self._pool.end_lease()

    def _leave(self, moved: int, *, last: bool) -> None:
        self._batch_bytes += moved
        self._pool.leave(moved=moved, retire=last)
        if last:
            self._patient_until = self._clock.monotonic() + _YIELD_S

    def _is_last(self) -> bool:
        self._batch_requests += 1
        if self._pool.slots > self._throttle.allowed:
            return True
        served = self._batch_requests >= _BATCH_REQUESTS or self._batch_bytes >= _BATCH_BYTES
        if not (served and self._slots.contended()):
            return False
        self._batch_requests = self._batch_bytes = 0
        return True

    def _may_take(self) -> bool:
        return self._pool.slots < self._throttle.allowed and self._clock.monotonic() >= self._patient_until

    async def _admitted(self) -> bool:
        if self._pool.enter(self._throttle.allowed):
            return True
        slot = await self._take() if self._may_take() else None
        return slot is not None and self._pool.enter(self._throttle.allowed, slot)

    async def _take(self) -> Slot | None:
        if not self._slots.blocking:
            return self._slots.try_take()
        taking = asyncio.ensure_future(asyncio.to_thread(self._slots.try_take))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(_release_unwanted)
            raise

    async def _change(self) -> None:
        """Wait until something may have changed, here (we are woken) or elsewhere (we look again soon)."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._waker = lambda: loop.call_soon_threadsafe(woken.set)
        elsewhere = self._pool.slots < self._throttle.allowed
        poll_s = _POLL_S + _POLL_SPREAD_S * self._clock.chance() if elsewhere else _LOOK_AGAIN_S
        try:
            with self._slots.waiting() if elsewhere else nullcontext():
                async with asyncio.timeout(poll_s):
                    await woken.wait()
        except TimeoutError:
            pass
        finally:
            self._waker = None

    def _wake(self) -> None:
        waker = self._waker
        if waker is not None:
            try:
                waker()
            except RuntimeError:  # its loop has closed, so nobody waits there
                self._waker = None

    def _wait_for_slot(self) -> Slot:
        started = self._clock.monotonic()
        waited = False
        self._clock_sleep(self._pace.reserve())
        while True:
            slot = self._slots.try_take() if self._pool.slots < self._throttle.allowed else None
            if slot is not None:
                self._pool.note(waited_s=self._clock.monotonic() - started if waited else 0.0)
                return slot
            waited = True
            with self._slots.waiting():
                self._clock.sleep(_POLL_S + _POLL_SPREAD_S * self._clock.chance())

    def _clock_sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.sleep(seconds)

    def _turnstile(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        for gone in [known for known in self._turnstiles if known.is_closed()]:
            del self._turnstiles[gone]
        return self._turnstiles.setdefault(loop, asyncio.Lock())


def _release_unwanted(taking: asyncio.Future[Slot | None]) -> None:
    slot = None if taking.cancelled() or taking.exception() else taking.result()
    if slot is not None:
        slot.release()
