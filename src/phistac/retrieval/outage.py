"""When one object after another fails of the service, it is the service: the job ends instead of trying them all."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from phistac.errors import RateLimitError, ServiceError, TransferError

if TYPE_CHECKING:
    from phistac.retrieval.model import Failure

__all__ = ["Outage"]

MOST = 8
"""Failures in a row: two for each of four connections, each of them after patience."""

_KINDS = frozenset({ServiceError.kind, RateLimitError.kind})


class Outage:
    """Counts failures of the service in a row; for several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_a_row = 0

    def note(self, failure: Failure | None) -> None:
        """Hear how an attempt ended; None if something came over the network.

        Raises
        ------
        TransferError
            If it is the last of many in a row that the service failed.
        """
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if failure is not None and failure.kind in _KINDS else 0
            if failure is None or self._in_a_row < MOST:
                return
        raise TransferError(
            f"the service fails: {MOST} objects in a row could not be had, the last one because {failure.message}",
            remedy="Run it again later: what has arrived stays, only the rest is fetched.",
        )
