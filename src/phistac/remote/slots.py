"""Slots: the right to one open connection of an account, shared by every process of this machine.

A slot is a lock on a small file in the user's runtime folder. The kernel drops the lock of a process that dies, however
it dies, so a slot is never lost. A second kind of lock on a file called ``waiting`` tells those who hold slots that
somebody would like one.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import stat
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from phistac.errors import ConfigurationError
from phistac.remote.flock import lock, unlock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ["FileSlots", "Slot", "Slots", "runtime_folder"]


class Slot(Protocol):
    """The right to one connection, held until it is released."""

    def release(self) -> None:
        """Give it back; a second call does nothing."""


class Slots(Protocol):
    """Where slots come from."""

    @property
    def blocking(self) -> bool:
        """Whether :meth:`try_take` may wait for a network, so that no event loop may call it."""

    def try_take(self) -> Slot | None:
        """Return a slot if one is free now, else None."""

    def contended(self) -> bool:
        """Whether someone else may be waiting for a slot."""

    def waiting(self) -> AbstractContextManager[None]:
        """Let the others know, inside a ``with`` block, that a slot is being waited for."""


class FileSlots:
    """A number of lock files in a folder.

    Parameters
    ----------
    folder : Path
        Every process that uses the same folder shares the slots; see :func:`runtime_folder`.
    count : int
        How many slots there are.
    """

    blocking = False

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count

    def __repr__(self) -> str:
        return f"FileSlots({self._folder.name!r}, {self._count})"

    def try_take(self) -> Slot | None:
        """Return a slot if one is free now, else None."""
        for number in range(self._count):
            slot = FileLock(self._folder / f"slot-{number}")
            if slot.try_lock():
                return slot
        return None

    def contended(self) -> bool:
        """Whether someone is waiting for a slot, in this process or another."""
        probe = FileLock(self._folder / "waiting")
        free = probe.try_lock()
        probe.release()
        return not free

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Hold a shared lock that :meth:`contended` runs into."""
        sign = FileLock(self._folder / "waiting")
        sign.try_lock(shared=True)  # fails only while somebody looks, for microseconds; the next poll tries again
        try:
            yield
        finally:
            sign.release()


class FileLock:
    """A lock on a file, of this open file only: threads and processes alike are kept out.

    Parameters
    ----------
    path : Path
        Is made if it is not there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
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


def runtime_folder(name: str) -> Path:
    """Return a folder for this user alone that lasts while the machine runs.

    Parameters
    ----------
    name : str
        One for each service and account.

    Raises
    ------
    ConfigurationError
        If the folder belongs to someone else or is open to others, as a shared temporary folder may make it.
    """
    base = _base()
    folder = base / name
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in (base, folder):
        status = place.lstat()
        shared = os.name == "posix" and status.st_mode & 0o077
        if not stat.S_ISDIR(status.st_mode) or not _mine(status) or shared:
            raise ConfigurationError(
                f"the folder {place} is not this user's alone",
                remedy="Remove it, or let XDG_RUNTIME_DIR name a folder that only you can read.",
            )
    return folder


def _base() -> Path:
    """Return the session's runtime folder, or one of this user in the folder for temporary files."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and Path(given).is_dir():
        return Path(given) / "phistac"
    who = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"phistac-{who}"


def _mine(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()
