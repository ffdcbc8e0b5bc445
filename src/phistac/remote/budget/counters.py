"""What the account has done through this process: numbers that tests, benchmarks and reports read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """Counts since the budget was made."""

    requests: int = 0
    """Requests sent; retries count."""

    bytes: int = 0
    """Bytes of bodies received."""

    refused: int = 0
    """Answers 429 or 503, and connections that were closed without an answer."""

    waits: int = 0
    """Requests and leases that had to wait for a slot."""

    waited_s: float = 0.0
    """How long they waited, together."""

    peak_sockets: int = 0
    """The most sockets and leases that were open at once."""

    peak_requests: int = 0
    """The most requests and leases that were under way at once."""
