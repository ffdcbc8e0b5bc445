"""Wait in a thread for what runs on fsspec's loop, and stop it if the wait is given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["run_on"]

T = TypeVar("T")


def run_on(loop: asyncio.AbstractEventLoop, work: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Run a coroutine on a loop of another thread and return its result.

    fsspec's ``sync`` does the same, but leaves the work running when Ctrl-C ends the wait: the rest of a long read
    would go on in the background and keep the connections of the account.

    Raises
    ------
    RuntimeError
        If the loop is that of the calling thread, which would wait for itself.
    """
    try:
        here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is loop:
        raise RuntimeError("this is the loop's own thread: await the coroutine instead")
    future = asyncio.run_coroutine_threadsafe(work(*args), loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
