"""One budget of connections for everything that an account has open, in this process and beyond it.

CDSE grants an account four connections and does not say whether it counts sockets or requests. So both are kept: at
most as many sockets and as many requests in flight as there are slots, at every moment, by construction.

- A *slot* (:mod:`phistac.remote.budget.slots`) is the right to one connection. The processes of this machine share
  them, and so do the workers of a Dask cluster (:mod:`phistac.remote.budget.clusterslots`).
- A request to S3 *enters* before it is sent and *leaves* when its answer has been read or dropped. It enters if a slot
  that this process holds has nothing to do, else if another slot can be had, else it waits.
- A socket may be opened only into a slot that has none, and its slot goes back when it is closed.
- Traffic by other means (whole products, bursts on demand) takes a whole slot for a while:
  :meth:`ConnectionBudget.lease`.

Who gives way to whom is said in :mod:`phistac.remote.budget.manners`.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phistac.remote.budget.manners import Manners
from phistac.remote.budget.permits import Permit
from phistac.remote.budget.slotpool import SlotPool
from phistac.remote.web.patience import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phistac.remote.budget.bell import Ear
    from phistac.remote.budget.clusterpace import ClusterPace
    from phistac.remote.budget.counters import Counters
    from phistac.remote.budget.pace import Pace
    from phistac.remote.budget.slots import Slot, Slots
    from phistac.remote.budget.throttle import Throttle

__all__ = ["ConnectionBudget"]


class ConnectionBudget:
    """Connections of one account at one service, as far as this process uses them.

    Parameters
    ----------
    slots : Slots
        Where the right to a connection comes from.
    pace : Pace or ClusterPace
        Requests per minute.
    throttle : Throttle
        How many connections the account may use now.
    clock : Clock, optional
        Tests bring their own.

    Notes
    -----
    Get it from :func:`phistac.remote.budget.budgets.budget_for`: two budgets of one process would still share the
    slots, but not each other's idle connections.
    """

    def __init__(
        self, slots: Slots, pace: Pace | ClusterPace, throttle: Throttle, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._slots = slots
        self._pace = pace
        self._throttle = throttle
        self._clock = clock
        self._waker: Callable[[], object] | None = None
        self._queued = 0
        self._turnstiles: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self.pool = SlotPool(self._wake)
        """The bookkeeping, for the sockets."""
        self.manners = Manners(self.pool, slots, throttle, clock)
        """Who gives way to whom, for the sockets."""

    def __repr__(self) -> str:
        return f"ConnectionBudget({self._slots!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a budget belongs to its process; send Settings and call budget_for() where it is used")

    @property
    def counters(self) -> Counters:
        """What has been done, and the most that was open at once."""
        return self.pool.counters

    @property
    def free(self) -> int:
        """About how many connections somebody who starts now can count on, at least one.

        More requests than that would only wait for each other, and each costs its latency: who plans them asks here.
        """
        if self._queued:
            return 1
        allowed = self._throttle.allowed
        return max(1, min(allowed - self.pool.busy, self.pool.resting + self._slots.free(allowed)))

    def refused(self, asked_s: float | None = None) -> None:
        """Take note that the service answered 429 or 503: use fewer connections for a while.

        Parameters
        ----------
        asked_s : float, optional
            How long it asked us to wait.
        """
        self._throttle.refused(asked_s)
        self.pool.note(refused=True)

    async def enter(self) -> Permit:
        """Wait for the right to send one request.

        Requests are let in in the order of their coming, one at a time, so only the first in line looks for slots.
        """
        started = self._clock.monotonic()
        turnstile = self._turnstile()
        waited = turnstile.locked()
        self._queued += 1
        try:
            async with turnstile:
                wait_s = await asyncio.to_thread(self._pace.reserve) if self._pace.blocking else self._pace.reserve()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                waited = await self._waited() or waited or wait_s > 0
        finally:
            self._queued -= 1
        if waited:
            self.pool.note(waited_s=self._clock.monotonic() - started)
        return Permit(self._leave)

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
        self.pool.begin_lease()
        try:
            yield
        finally:
            self.pool.end_lease()
            slot.release()  # last: its bell wakes those who then count

    def yield_one(self) -> None:
        """Give back a slot that carries no request: its connection has rested for long enough and is closed next."""
        self.pool.yield_resting()
        self.manners.gave()

    def _leave(self, moved: int) -> None:
        self.pool.leave(moved=moved, retire=self.manners.gives_back(moved))

    async def _waited(self) -> bool:
        """Return when a request may be sent; tell whether that took waiting."""
        if await self._admitted():
            return False
        while True:
            woken = asyncio.Event()
            with self._listening(woken) as poll_s:
                if await self._admitted():  # what has come back before we listened
                    return True
                try:
                    async with asyncio.timeout(poll_s):
                        await woken.wait()
                except TimeoutError:
                    pass

    async def _admitted(self) -> bool:
        if self._throttle.rest_s > 0:
            return False
        allowed = self._throttle.allowed
        if self.pool.enter(allowed):
            return True
        slot = await self._take(allowed) if self.manners.may_take() else None
        return slot is not None and self.pool.enter(allowed, slot)

    async def _take(self, most: int) -> Slot | None:
        if not self._slots.blocking:
            return self._slots.try_take(most)
        taking = asyncio.ensure_future(asyncio.to_thread(self._slots.try_take, most))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(_release_unwanted)
            raise

    @contextmanager
    def _listening(self, woken: asyncio.Event) -> Iterator[float]:
        """Set an event when something changes here or a slot comes back elsewhere; yields how soon to look anyway."""
        loop = asyncio.get_running_loop()
        self._waker = lambda: loop.call_soon_threadsafe(woken.set)
        with self.manners.asking() as ear:
            if ear is not None:
                loop.add_reader(ear, _pass_on, ear, woken)
            try:
                yield self.manners.poll_s(ear, woken=True)
            finally:
                self._waker = None
                if ear is not None:
                    loop.remove_reader(ear)

    def _wake(self) -> None:
        waker = self._waker
        if waker is not None:
            try:
                waker()
            except RuntimeError:  # its loop has closed, so nobody waits there
                self._waker = None

    def _wait_for_slot(self) -> Slot:
        started = self._clock.monotonic()
        wait_s = self._pace.reserve()
        if wait_s > 0:
            self._clock.sleep(wait_s)
        slot = self._lease_now()
        if slot is not None:
            return slot
        while True:
            with self._slots.waiting(starved=True) as ear:
                slot = self._lease_now()
                if slot is not None:
                    self.pool.note(waited_s=self._clock.monotonic() - started)
                    return slot
                poll_s = self.manners.poll_s(ear, woken=False)
                if ear is None:
                    self._clock.sleep(poll_s)
                elif select.select([ear], [], [], poll_s)[0]:
                    ear.heard()

    def _lease_now(self) -> Slot | None:
        allowed = self._throttle.allowed
        if self._throttle.rest_s > 0 or self.pool.slots >= allowed:
            return None
        return self._slots.try_take(allowed)

    def _turnstile(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        for gone in [known for known in self._turnstiles if known.is_closed()]:
            del self._turnstiles[gone]
        return self._turnstiles.setdefault(loop, asyncio.Lock())


def _pass_on(ear: Ear, woken: asyncio.Event) -> None:
    if ear.heard():
        woken.set()


def _release_unwanted(taking: asyncio.Future[Slot | None]) -> None:
    slot = None if taking.cancelled() or taking.exception() else taking.result()
    if slot is not None:
        slot.release()
