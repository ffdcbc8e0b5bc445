"""What the sandbox saw: the values that tests and benchmarks read.

Sockets and requests are counted where they happen (:mod:`phistac.sandbox.ledger`) and travel as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AccountCounters", "Counters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCounters:
    """What one account did."""

    requests: int = 0
    """Requests, refused ones included."""

    bytes_sent: int = 0
    """Bytes of bodies handed to the network."""

    refused: int = 0
    """Requests beyond a quota: too many connections, or too many within a minute."""

    open_sockets: int = 0
    """Sockets open now that made an authenticated, counted request."""

    peak_sockets: int = 0
    """The most of them at once."""

    in_flight: int = 0
    """Requests admitted whose body is not yet sent."""

    peak_in_flight: int = 0
    """The most of them at once."""

    busy_s: float = 0.0
    """Seconds that requests were in flight, added up: four connections that never rest have four in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters(AccountCounters):
    """What all accounts did, within the path and method that were asked for.

    Sockets and requests in flight are not bound to a path: they are always those of all accounts together.
    """

    by_account: Mapping[str, AccountCounters] = field(default_factory=dict)
    """The same for each account; ``anonymous`` is whoever did not say."""

    by_status: Mapping[int, int] = field(default_factory=dict)
    """Requests by HTTP status."""

    by_method: Mapping[str, int] = field(default_factory=dict)
    """Requests by HTTP method."""

    listening_sockets: int = 0
    """Every TCP connection open now on the S3 port, authenticated or not."""

    peak_listening_sockets: int = 0
    """The most of them at once."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Counters:
        """Read what :meth:`as_dict` wrote, after its way through JSON.

        Examples
        --------
        >>> Counters.from_dict(Counters(requests=3, by_status={206: 3}).as_dict()).by_status
        {206: 3}
        """
        accounts = {name: AccountCounters(**one) for name, one in values["by_account"].items()}
        statuses = {int(status): number for status, number in values["by_status"].items()}
        return cls(**{**values, "by_account": accounts, "by_status": statuses})
