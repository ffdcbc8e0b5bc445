"""Reads of one turn of an event loop, planned together: what makes ``await ds.load_async()`` one plan.

xarray awaits all variables of a Dataset at once. Each begins its read in the same turn of the loop and waits; when the
turn is over, the reads that have gathered are run as one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from phistac.errors import ChangedObjectError, FormatError, NotFoundError
from phistac.reading.reads import run_all_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from phistac.reading.reads import Read

__all__ = ["run_in_turn"]

T = TypeVar("T")

_OF_ONE = (ChangedObjectError, FormatError, NotFoundError)
"""What can be wrong with one read and is none of the others' business."""


class _Turn:
    """The reads of one turn, and who waits for them."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Read[Any], Callable[[], Any], asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    def join(self, read: Read[T], alone: Callable[[], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._left)
        self._waiting.append((read, alone, future))
        return future

    def begin(self) -> None:
        """End the turn: nobody can join any more."""
        loop = asyncio.get_running_loop()
        _turns.pop(loop, None)
        self._task = loop.create_task(self._run())

    async def _run(self) -> None:
        waiting = [entry for entry in self._waiting if not entry[2].done()]
        if len(waiting) == 1:
            await self._run_alone()
            return
        try:
            found = await run_all_async([read for read, _, _ in waiting])
        except _OF_ONE:
            await self._run_alone()
        except asyncio.CancelledError:
            for _, _, future in waiting:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed on to those who wait
            for _, _, future in waiting:
                _settle(future, error=error)
        else:
            for (_, _, future), values in zip(waiting, found, strict=True):
                _settle(future, values)

    async def _run_alone(self) -> None:
        """Read one after another, in a thread, so that each gets its values or its own error."""
        for _, alone, future in self._waiting:
            if future.done():
                continue
            try:
                values = await asyncio.to_thread(alone)
            except Exception as error:  # noqa: BLE001 - handed on to who waits
                _settle(future, error=error)
            else:
                _settle(future, values)

    def _left(self, _: asyncio.Future[Any]) -> None:
        """Stop when nobody waits any more."""
        if self._task is not None and all(future.cancelled() for _, _, future in self._waiting):
            self._task.cancel()


def _settle(future: asyncio.Future[Any], values: Any = None, *, error: Exception | None = None) -> None:
    if future.done():  # who waited for it has gone
        return
    if error is None:
        future.set_result(values)
    else:
        future.set_exception(error)


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn] = WeakKeyDictionary()
"""The turn that each loop is in: what belongs to a loop must be found from the loop."""


async def run_in_turn(read: Read[T], alone: Callable[[], T]) -> T:
    """Run a read together with those that are begun in the same turn of the running loop.

    Parameters
    ----------
    read : Read
        What to read.
    alone : callable
        Reads the same without the others: if there are none, or the batch fails for a reason that may be theirs.
    """
    loop = asyncio.get_running_loop()
    turn = _turns.get(loop)
    if turn is None:
        turn = _turns[loop] = _Turn()
        loop.call_soon(turn.begin)
    return await turn.join(read, alone)
