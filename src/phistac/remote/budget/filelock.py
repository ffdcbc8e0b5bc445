"""A lock on a file that belongs to one opening of it, and that the kernel drops when its process dies."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from phistac.remote.budget.flock import lock, unlock
from phistac.remote.budget.runtimefolder import open_shared

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileLock"]


class FileLock:
    """A lock on a file, of this open file only: threads and processes alike are kept out.

    Parameters
    ----------
    path : Path
        Is made if it is not there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._fd = open_shared(path)
        os.utime(path if os.utime not in os.supports_fd else self._fd)  # in use, whatever a cleaner may think
        self._close = weakref.finalize(self, _unlock, self._fd, os.getpid())
        _OPEN.add(self)

    def try_lock(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody has it; else close the file and return False."""
        got = lock(self._fd, shared=shared)
        if not got:
            self.release()
        return got

    def release(self) -> None:
        """Drop the lock and close the file; a second call does nothing."""
        self._close()

    def forget(self) -> None:
        """Close the file in a forked child without dropping the parent's lock."""
        if self._close.detach():
            os.close(self._fd)


_OPEN: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _unlock(fd: int, pid: int) -> None:
    if pid == os.getpid():
        unlock(fd)  # closing alone would leave the lock to a forked child
    os.close(fd)


def _forget_all() -> None:
    for inherited in list(_OPEN):
        inherited.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
