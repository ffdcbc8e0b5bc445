"""Connections that carry no request just now: kept for the next one, closed when others wait for their slots."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from phistac.remote.budget.budget import ConnectionBudget

__all__ = ["Resting"]

_LOOK_S = 0.02
"""How often to look whether others wait, while there is something to give."""

_SOONEST_S = 0.001

Idle: TypeAlias = "tuple[float, Any]"
"""Since when, and aiohttp's protocol."""


class Resting:
    """The idle connections of one HTTP session.

    Parameters
    ----------
    budget : ConnectionBudget
        Whose slots they occupy.
    sessions : callable
        Returns the aiohttp sessions there are.
    """

    def __init__(self, budget: ConnectionBudget, sessions: Callable[[], Iterable[Any]]) -> None:
        self._budget = budget
        self._sessions = sessions
        self._next: asyncio.TimerHandle | None = None

    def look(self, opening_s: float) -> None:
        """Close what must go now, and look again as long as something rests.

        Parameters
        ----------
        opening_s : float
            What it takes another process to open a connection in the place of one of these.
        """
        if self._next is not None:
            self._next.cancel()
            self._next = None
        loop = asyncio.get_running_loop()
        resting = self._idle()
        if not resting:
            return
        keep_s = self._budget.manners.rest_s(opening_s)
        surplus = self._budget.pool.surplus
        wait_s = _LOOK_S
        for number, (since, protocol) in enumerate(resting):
            left_s = keep_s - (loop.time() - since)
            if number < surplus:
                protocol.close()
            elif left_s <= 0:
                self._budget.yield_one()  # first, or else the next request would have its slot again
                protocol.close()
            else:
                wait_s = min(wait_s, max(left_s, _SOONEST_S))
        self._next = loop.call_later(wait_s, self.look, opening_s)

    def _idle(self) -> list[Idle]:
        """Return connections that rest and are not closed, the one that has rested longest first."""
        connectors = [session.connector for session in self._sessions() if session.connector is not None]
        found = [
            one
            for connector in connectors
            for waiting in connector._conns.values()  # noqa: SLF001 - aiohttp tells nobody which of them are idle
            for one in waiting
        ]
        return sorted(((since, protocol) for protocol, since in found if protocol.is_connected()), key=_since)


def _since(idle: Idle) -> float:
    return idle[0]
