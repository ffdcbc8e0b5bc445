"""Slots: the right to one open connection of an account, shared by every process of this machine.

A slot is a lock on a small file in the user's runtime folder. The kernel drops the lock of a process that dies, however
it dies, so a slot is never lost. Those who hold slots can see whether others would like one: whoever waits has a second
kind of lock, on a file called ``waiting``, and whoever waits with empty hands listens to a bell besides, which rings
when a slot comes back.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from phistac.remote.budget.bell import Bell
from phistac.remote.budget.filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from phistac.remote.budget.bell import Ear

__all__ = ["FileSlots", "Slot", "Slots"]


class Slot(Protocol):
    """The right to one connection, held until it is released."""

    @property
    def number(self) -> int:
        """Which one of the slots it is, from 0."""

    def release(self) -> None:
        """Give it back; a second call does nothing."""


class Slots(Protocol):
    """Where slots come from."""

    @property
    def blocking(self) -> bool:
        """Whether :meth:`try_take` may wait for a network, so that no event loop may call it."""

    def try_take(self, most: int) -> Slot | None:
        """Return a slot with a number below ``most`` if one is free now, else None."""

    def free(self, most: int) -> int:
        """Return about how many slots with numbers below ``most`` are free now."""

    def contended(self) -> bool:
        """Whether someone else may be waiting for a slot."""

    def starved(self) -> bool:
        """Whether someone is waiting who has no slot at all."""

    def waiting(self, *, starved: bool) -> AbstractContextManager[Ear | None]:
        """Let the others know, inside a ``with`` block, that a slot is being waited for.

        Yields what hears of slots that come back, for those who have none.
        """


class FileSlots:
    """A number of lock files in a folder.

    Parameters
    ----------
    folder : Path
        Every process that uses the same folder shares the slots; see
        :func:`~phistac.remote.budget.runtimefolder.runtime_folder`.
    count : int
        How many slots there are.
    """

    blocking = False

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._bell = Bell(folder / "bell")

    def __repr__(self) -> str:
        return f"FileSlots({self._folder.name!r}, {self._count})"

    def try_take(self, most: int | None = None) -> Slot | None:
        """Return a slot with a number below ``most`` if one is free now, else None."""
        for number in self._numbers(most):
            lock = self._file(number)
            if lock.try_lock():
                return _FileSlot(number, lock, self._bell)
        return None

    def free(self, most: int | None = None) -> int:
        """Return how many slots with numbers below ``most`` are free now."""
        return sum(_is_free(self._file(number), shared=True) for number in self._numbers(most))

    def contended(self) -> bool:
        """Whether someone is waiting for a slot, in this process or another."""
        return not _is_free(FileLock(self._folder / "waiting"))

    def starved(self) -> bool:
        """Whether someone is waiting who has no slot at all, in this process or another."""
        return self._bell.awaited()

    @contextlib.contextmanager
    def waiting(self, *, starved: bool = False) -> Iterator[Ear | None]:
        """Hold a shared lock that :meth:`contended` runs into; who is starved also listens to the bell."""
        sign = FileLock(self._folder / "waiting")
        sign.try_lock(shared=True)  # fails only while somebody looks, for microseconds; the next poll tries again
        ear = self._bell.listen() if starved else None
        try:
            yield ear
        finally:
            sign.release()
            if ear is not None:
                ear.close()

    def _numbers(self, most: int | None) -> range:
        return range(self._count if most is None else min(most, self._count))

    def _file(self, number: int) -> FileLock:
        return FileLock(self._folder / f"slot-{number}")


class _FileSlot:
    """One locked file; rings the bell when it comes back."""

    def __init__(self, number: int, lock: FileLock, bell: Bell) -> None:
        self.number = number
        self._lock: FileLock | None = lock
        self._bell = bell

    def release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
            self._bell.ring()


def _is_free(probe: FileLock, *, shared: bool = False) -> bool:
    free = probe.try_lock(shared=shared)
    probe.release()
    return free
