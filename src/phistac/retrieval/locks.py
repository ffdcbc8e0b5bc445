"""Locks on files: whose a file is, and whether it is still the one that the name leads to."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["abandoned", "is_still", "lock"]

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})


def lock(file: BinaryIO) -> Literal["ours", "held", "none"]:
    """Lock a file until it is closed, without waiting.

    Returns
    -------
    str
        ``held`` if another one has it; ``none`` if this filesystem has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "held"
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return "none"
        raise
    return "ours"


def is_still(path: Path, file: BinaryIO) -> bool:
    """Whether a name leads to this open file: it may have been renamed, or removed and made anew, meanwhile."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def abandoned(path: Path) -> BinaryIO | None:
    """Open and lock a file; None if another one has it, or has just renamed or removed it, or if we may not."""
    try:
        file = path.open("r+b")
    except OSError:
        return None
    try:
        if lock(file) == "ours" and is_still(path, file):
            return file
    except OSError:  # who cannot tell whether it is abandoned leaves it alone
        pass
    file.close()
    return None
