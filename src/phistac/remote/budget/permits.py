"""The right to one request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Permit"]


class Permit:
    """The right to one request, from before it is sent until its answer has been read or dropped.

    Parameters
    ----------
    leave : callable
        What to do at the end, with the bytes that were moved.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave: Callable[[int], None] | None = leave
        self._lock = threading.Lock()

    def end(self, moved: int = 0) -> None:
        """Give the permit back; a second call does nothing."""
        with self._lock:
            leave, self._leave = self._leave, None
        if leave is not None:
            leave(moved)
