"""A download in this process: Dask's threaded scheduler runs one lane per connection.

Threads of this process are the default because the account has four connections, whatever the machine: a local cluster
would add its start and its copies, and no speed. Each lane takes batches from the dispatcher until there are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dask.base import compute
from dask.delayed import delayed

from phistac.retrieval.parts import Stopped
from phistac.retrieval.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phistac.retrieval.batches import Batch
    from phistac.retrieval.dispatch import Dispatcher
    from phistac.retrieval.model import Failure, Record

    Work = Callable[[Batch], Sequence[Record | Failure]]
    Settle = Callable[[Batch, Sequence[Record | Failure]], None]

__all__ = ["run"]

_GRACE_S = 5.0
"""For lanes to close their files; what a lane has written stays in any case."""


def run(dispatcher: Dispatcher, work: Work, settle: Settle, *, lanes: int) -> None:
    """Work through everything; returns when every lane has ended.

    Parameters
    ----------
    dispatcher : Dispatcher
        Hands out the batches.
    work : callable
        Brings a batch.
    settle : callable
        Takes the results of a batch, in the lane's thread.
    lanes : int
        How many batches are brought at once.

    Raises
    ------
    PhistacError
        What ended a lane; the others end at once.
    """
    lane = delayed(_lane, pure=False, traverse=False)
    with Threads(lanes, "phistac-lane", grace_s=_GRACE_S) as pool:
        try:
            compute(  # type: ignore[no-untyped-call]  # Dask is partly typed
                *[lane(dispatcher, work, settle) for _ in range(lanes)],
                scheduler="threads",
                pool=pool,
                num_workers=lanes,
                traverse=False,
                optimize_graph=False,
            )
        finally:
            dispatcher.stop()


def _lane(dispatcher: Dispatcher, work: Work, settle: Settle) -> None:
    while (batch := dispatcher.next()) is not None:
        try:
            settle(batch, work(batch))
        except Stopped:
            return
        except BaseException:
            dispatcher.stop()
            raise
