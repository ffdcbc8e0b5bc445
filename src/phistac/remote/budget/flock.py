"""Locks on open files, as the kernel keeps them; Windows has none of this kind, there each process is on its own."""

from __future__ import annotations

import sys

__all__ = ["lock", "unlock"]

if sys.platform == "win32":  # pragma: no cover

    def lock(fd: int, *, shared: bool = False, wait: bool = False) -> bool:  # noqa: ARG001 - the signature of the other
        """Say yes."""
        return True

    def unlock(fd: int) -> None:
        """Do nothing."""

else:
    import fcntl

    def lock(fd: int, *, shared: bool = False, wait: bool = False) -> bool:
        """Lock an open file.

        Parameters
        ----------
        fd : int
            Descriptor of the open file. Two openings of one file exclude each other, even in one process.
        shared : bool
            Together with others who share; else alone.
        wait : bool
            Until it is free; else give up at once.

        Returns
        -------
        bool
            Whether the lock was got.
        """
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(fd, how)
        except BlockingIOError:
            return False
        return True

    def unlock(fd: int) -> None:
        """Drop the lock, also for children that inherited the descriptor."""
        fcntl.flock(fd, fcntl.LOCK_UN)
