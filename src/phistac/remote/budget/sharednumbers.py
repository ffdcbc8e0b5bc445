"""A few numbers that all processes of this machine share: one small file, changed under a lock."""

from __future__ import annotations

import os
import struct
import threading
from typing import TYPE_CHECKING, TypeAlias

from phistac.remote.budget.flock import lock
from phistac.remote.budget.runtimefolder import open_shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["SharedNumbers"]

Numbers: TypeAlias = "tuple[float, ...]"


class SharedNumbers:
    """Numbers in a file, or this object's own.

    Parameters
    ----------
    count : int
        How many.
    path : Path, optional
        The file; it is made by the first change.
    """

    def __init__(self, count: int, path: Path | None = None) -> None:
        self._struct = struct.Struct(f"<{count}d")
        self._path = path
        self._mine: Numbers | None = None
        self._lock = threading.Lock()

    def read(self) -> Numbers | None:
        """Return the numbers, None if there are none yet."""
        if self._path is None:
            return self._mine
        try:
            fd = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return None
        try:
            lock(fd, shared=True, wait=True)  # held for microseconds, dropped by closing
            return self._stored(fd)
        finally:
            os.close(fd)

    def change(self, rule: Callable[[Numbers | None], Numbers]) -> None:
        """Replace the numbers by what a rule makes of them, while nobody else reads or changes them."""
        with self._lock:
            if self._path is None:
                self._mine = rule(self._mine)
                return
            fd = open_shared(self._path)
            try:
                lock(fd, wait=True)
                os.pwrite(fd, self._struct.pack(*rule(self._stored(fd))), 0)
            finally:
                os.close(fd)

    def _stored(self, fd: int) -> Numbers | None:
        stored = os.pread(fd, self._struct.size, 0)
        return self._struct.unpack(stored) if len(stored) == self._struct.size else None
