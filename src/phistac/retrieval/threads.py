"""Threads that nobody has to wait for: after Ctrl-C a read that stalls holds neither the caller nor the process."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ["Threads"]

T = TypeVar("T")


class Threads(Executor):
    """A few daemon threads, since the interpreter joins those of a ThreadPoolExecutor before it ends.

    Parameters
    ----------
    count : int
        How many.
    name : str
        What their names begin with.
    grace_s : float
        How long the end of the block waits for them when an error, or Ctrl-C, has ended it.
    """

    def __init__(self, count: int, name: str, *, grace_s: float) -> None:
        self._max_workers = count  # under this name Dask looks for it
        self._grace_s = grace_s
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"{name}_{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Let a thread call this."""
        future: Future[T] = Future()
        self._queue.put((future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's signature
        """End the threads, each after what it does just now."""
        while cancel_futures:
            try:
                entry = self._queue.get_nowait()
            except Empty:
                break
            if entry is not None:
                entry[0].cancel()
        for _ in self._threads:
            self._queue.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
        end = time.monotonic() + self._grace_s
        for thread in self._threads:  # a second Ctrl-C ends this as well
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - for whoever asks for the result
                future.set_exception(error)
            del future, call, entry  # a result is not kept until the next one comes
