"""How long to wait, and how often to ask again: the one retry policy of every request, HTTP or S3.

Kept apart from the requests so that it can be tested without a clock: time and chance come in through :class:`Clock`.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BUSY", "RETRYABLE", "SYSTEM_CLOCK", "Clock", "Patience", "retry_after_s"]

BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses by which a service asks for less."""

RETRYABLE = BUSY | {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Statuses after which the same request may succeed."""

_SHORTEST_S, _LONGEST_S = 1.0, 120.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, replaceable in tests."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go back."""

    sleep: Callable[[float], None] = time.sleep
    """Wait that many seconds in this thread."""

    chance: Callable[[], float] = random.random
    """A number in [0, 1)."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The wall clock; only for a ``Retry-After`` that is a date."""


SYSTEM_CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Patience:
    """How many attempts a request gets and how long it rests between them.

    The rest is drawn evenly from [0, base * 2^n], at most ``longest_s`` ("full jitter": clients that failed together do
    not come back together), unless the service says how long to wait.

    Examples
    --------
    >>> Patience(base_s=0.5).rest_s(2, chance=1.0)
    2.0
    >>> Patience().rest_s(0, chance=0.0, asked_s=7.0)
    7.0
    """

    attempts: int = 6
    """How often a request is sent, at most."""

    base_s: float = 0.5
    """The longest rest after the first failure."""

    longest_s: float = 20.0
    """The longest rest after any failure, unless the service asks for more."""

    def rest_s(self, failures: int, *, chance: float, asked_s: float | None = None) -> float:
        """Return the seconds to wait before the next attempt.

        Parameters
        ----------
        failures : int
            Failed attempts before this one; 0 after the first.
        chance : float
            A number in [0, 1).
        asked_s : float, optional
            What the service asked for; a little is added so that not everyone returns at once.
        """
        jitter = chance * min(self.longest_s, self.base_s * 2.0**failures)
        return jitter if asked_s is None else asked_s + min(jitter, 1.0)


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Read a ``Retry-After`` header: seconds or an HTTP date, kept within 1 and 120 seconds.

    The clamp is deliberate: parts of the service state milliseconds here, and a rest of zero seconds is none.

    Examples
    --------
    >>> retry_after_s("2", now=datetime(2026, 1, 1, tzinfo=UTC))
    2.0
    >>> retry_after_s("soon", now=datetime(2026, 1, 1, tzinfo=UTC)) is None
    True
    """
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return min(max(seconds, _SHORTEST_S), _LONGEST_S) if seconds == seconds else None  # noqa: PLR0124 - NaN differs from itself
