"""An object read once, front to back, in the caller's thread while the bytes arrive on fsspec's loop."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from fsspec.asyn import get_loop, sync

from phistac.errors import ServiceError
from phistac.remote.account.bare import bare
from phistac.remote.ranges.s3errors import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.remote.ranges.bodies import Body
    from phistac.remote.ranges.objectstore import ObjectStore

__all__ = ["Interrupt", "Stream", "open_stream"]


class Interrupt:
    """Ends what threads wait for, from another thread: rests, answers, and bodies that stall."""

    def __init__(self) -> None:
        self._event = Event()
        self._lock = Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def is_set(self) -> bool:
        """Whether it is over."""
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Rest, until it is over at the latest."""
        self._event.wait(seconds)

    def set(self) -> None:
        """End it: every stream that is opened or read under this interrupt raises ServiceError."""
        self._event.set()
        with self._lock:
            tasks = list(self._tasks)
        for task in tasks:
            with suppress(RuntimeError):  # the loop is closed
                task.get_loop().call_soon_threadsafe(task.cancel)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Let streams that this thread opens and reads within the block end with this interrupt."""
        token = _HEARD.set(self)
        try:
            yield
        finally:
            _HEARD.reset(token)

    @contextmanager
    def ends(self, task: asyncio.Task[Any], what: str) -> Iterator[None]:
        """On the loop: let a task be cancelled, and make of that the error that readers expect."""
        with self._lock:
            self._tasks.add(task)
        try:
            if self.is_set():
                raise ServiceError(f"{what} was interrupted")
            yield
        except asyncio.CancelledError:
            if not self.is_set():
                raise
            task.uncancel()
            raise ServiceError(f"{what} was interrupted") from None
        finally:
            with self._lock:
                self._tasks.discard(task)


_HEARD: ContextVar[Interrupt | None] = ContextVar("phistac_interrupt", default=None)
"""Of the thread that waits; a coroutine that it starts on fsspec's loop sees it, since it starts in a copy."""


@contextmanager
def _interruptible(what: str) -> Iterator[None]:
    interrupt, task = _HEARD.get(), asyncio.current_task()
    if interrupt is None or task is None:
        yield
        return
    with interrupt.ends(task, what):
        yield


class Stream:
    """Pieces of an object.

    Parameters
    ----------
    body : Body
        The answer to read.
    chunk_size : int
        The most bytes of one piece.
    """

    def __init__(self, body: Body, chunk_size: int) -> None:
        self._body = body
        self._chunk_size = chunk_size
        self._problem: Exception | None = None
        self.size = body.size
        """Bytes of the whole object."""
        self.length = body.length
        """Bytes that this stream will give."""
        self.etag = body.etag
        """What the server calls this version of the object, without quotes; None if it says nothing."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in order.

        Raises
        ------
        ServiceError
            If the body breaks off; the message says how far it came.
        """
        loop = get_loop()
        while piece := sync(loop, self._piece):
            yield piece

    def close(self) -> None:
        """Drop what has not been read, and with it the connection."""
        sync(get_loop(), self._close)

    async def _piece(self) -> bytes:
        if self._problem is not None:
            raise self._problem
        pieces: list[bytes] = []
        room = self._chunk_size
        try:
            with _interruptible(f"reading {self._body.path}"):
                while room and (piece := await self._body.read(room)):
                    pieces.append(piece)
                    room -= len(piece)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is raised: here or at the next call
            self._problem = self._judged(problem)
            if not pieces:  # else: what has come before it is whole and good, and the next call raises it
                raise self._problem from self._problem.__cause__
        return b"".join(pieces)

    def _judged(self, problem: Exception) -> Exception:
        verdict = judge(problem, f"reading {self._body.path}")
        if verdict is None or verdict.error is problem:
            return problem
        verdict.error.__cause__ = bare(problem)
        return verdict.error

    async def _close(self) -> None:
        self._body.close()


async def open_stream(
    store: ObjectStore, path: str, start: int, stop: int | None, if_match: str | None, chunk_size: int
) -> Stream:
    """Ask for an object, with patience, and return the stream of its body."""

    async def keep(body: Body) -> Stream:
        return Stream(body, chunk_size)

    with _interruptible(f"reading {path}"):
        return await store.get(path, start, stop, if_match, keep)
