"""The quotas of an account: how many connections at once, and how many requests a minute.

Pure: sockets are opaque, the clock is given. What is counted, and from when to when:

- A *socket* belongs to an account from its first admitted request until it is closed. A socket that was refused is not
  held against the account; it is looked at anew when it asks again.
- A *request* is in flight from the moment it is admitted until its last byte is handed to the network, or until its
  socket is closed, whichever comes first.
- *Requests per minute* are those admitted within the last 60 seconds.
- *Busy* are the seconds that requests were in flight, added up: four connections that never rest are busy four seconds
  in each.

That a client which closes a socket and then opens another is never seen holding both is a matter of order, and
:mod:`phistac.sandbox.protocol` says why it holds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from phistac.sandbox.config import Count

__all__ = ["Gate", "Lease", "Refusal", "Usage"]

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in."""

    reason: Literal["connections", "requests per minute"]
    """The quota that is spent."""

    limit: int
    """How large it is."""

    retry_after_s: float
    """When to come back."""


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """A request that was let in."""

    account: str
    socket: Hashable
    since: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account holds, and the most it held at once."""

    open_sockets: int = 0
    peak_sockets: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    busy_s: float = 0.0


@dataclass(slots=True)
class _Holding:
    sockets: set[Hashable] = field(default_factory=set)
    leases: set[Lease] = field(default_factory=set)
    starts: deque[float] = field(default_factory=deque)
    peak_sockets: int = 0
    peak_in_flight: int = 0
    busy_s: float = 0.0
    counted_from: float = float("-inf")

    def usage(self, now: float) -> Usage:
        busy_s = self.busy_s + sum(now - max(lease.since, self.counted_from) for lease in self.leases)
        return Usage(len(self.sockets), self.peak_sockets, len(self.leases), self.peak_in_flight, busy_s)

    def end(self, leases: set[Lease], now: float) -> None:
        for lease in self.leases & leases:
            self.busy_s += now - max(lease.since, self.counted_from)
        self.leases -= leases

    def count_anew(self, now: float) -> None:
        self.peak_sockets, self.peak_in_flight = len(self.sockets), len(self.leases)
        self.busy_s, self.counted_from = 0.0, now


class Gate:
    """Lets requests of accounts in, or not.

    Parameters
    ----------
    connections : int
        How many an account may have; 0 for any number.
    count : {"sockets", "requests", "both"}
        What a connection is.
    requests_per_minute : int
        0 for any number.
    clock : callable
        Seconds, never going back.

    Examples
    --------
    >>> gate = Gate(connections=1, count="requests", requests_per_minute=0, clock=lambda: 0.0)
    >>> first = gate.admit("a", "socket 1")
    >>> gate.admit("a", "socket 2").reason
    'connections'
    """

    def __init__(self, *, connections: int, count: Count, requests_per_minute: int, clock: Callable[[], float]) -> None:
        self._connections = connections
        self._count = count
        self._per_minute = requests_per_minute
        self._clock = clock
        self._accounts: dict[str, _Holding] = {}
        self._owner: dict[Hashable, str] = {}
        self._peak_sockets = 0
        self._peak_in_flight = 0

    def admit(self, account: str, socket: Hashable, *, per_minute: bool = True) -> Lease | Refusal:
        """Let a request in and count it, or say why not.

        Parameters
        ----------
        account : str
            Who asks; a socket that changes hands counts for its new owner.
        socket : hashable
            The connection that it came by.
        per_minute : bool
            Whether it spends from the requests per minute (S3 does, downloads do not).
        """
        holding = self._accounts.setdefault(account, _Holding())
        refusal = self._refusal(holding, socket, per_minute=per_minute)
        if refusal is not None:
            return refusal
        if self._owner.get(socket, account) != account:
            self.closed(socket)
        self._owner[socket] = account
        lease = Lease(account, socket, self._clock())
        holding.sockets.add(socket)
        holding.leases.add(lease)
        holding.peak_sockets = max(holding.peak_sockets, len(holding.sockets))
        holding.peak_in_flight = max(holding.peak_in_flight, len(holding.leases))
        total = self.total()
        self._peak_sockets, self._peak_in_flight = total.peak_sockets, total.peak_in_flight
        if per_minute and self._per_minute:
            holding.starts.append(self._clock())
        return lease

    def finished(self, lease: Lease) -> None:
        """End a request: its last byte is out. Calling it again does nothing."""
        self._accounts[lease.account].end({lease}, self._clock())

    def closed(self, socket: Hashable) -> None:
        """Forget a socket that is gone, and what was in flight on it. Calling it again does nothing."""
        account = self._owner.pop(socket, None)
        if account is None:
            return
        holding = self._accounts[account]
        holding.sockets.discard(socket)
        holding.end({lease for lease in holding.leases if lease.socket == socket}, self._clock())

    def usage(self) -> dict[str, Usage]:
        """Return what each account holds."""
        now = self._clock()
        return {account: holding.usage(now) for account, holding in self._accounts.items()}

    def total(self) -> Usage:
        """Return what all accounts hold together."""
        each = self.usage().values()
        sockets, in_flight = sum(one.open_sockets for one in each), sum(one.in_flight for one in each)
        return Usage(
            sockets,
            max(sockets, self._peak_sockets),
            in_flight,
            max(in_flight, self._peak_in_flight),
            sum(one.busy_s for one in each),
        )

    def reset_peaks(self) -> None:
        """Let the peaks begin at what is held now, and the busy seconds at zero."""
        self._peak_sockets = self._peak_in_flight = 0
        for holding in self._accounts.values():
            holding.count_anew(self._clock())

    def _refusal(self, holding: _Holding, socket: Hashable, *, per_minute: bool) -> Refusal | None:
        if self._connections:
            fifth_socket = socket not in holding.sockets and len(holding.sockets) >= self._connections
            fifth_request = len(holding.leases) >= self._connections
            if (fifth_socket and self._count != "requests") or (fifth_request and self._count != "sockets"):
                return Refusal("connections", self._connections, 1.0)
        if per_minute and self._per_minute:
            now = self._clock()
            while holding.starts and holding.starts[0] <= now - _MINUTE:
                holding.starts.popleft()
            if len(holding.starts) >= self._per_minute:
                return Refusal("requests per minute", self._per_minute, holding.starts[0] + _MINUTE - now)
        return None
