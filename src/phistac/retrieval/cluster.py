"""A download on a Dask cluster: as many batches are on the workers as the account has connections, never more.

The window is here, in the process that asks, rather than in a semaphore alone: more tasks than connections would only
queue. Dask starts the tasks of a dead worker again by itself; when it gives a task up, the batch comes back to the
queue, and whatever had arrived before is recognized by its checksum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from phistac.errors import ServiceError
from phistac.retrieval.work import transfer_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from phistac.retrieval.batches import Batch
    from phistac.retrieval.dispatch import Dispatcher
    from phistac.retrieval.model import Failure, Record
    from phistac.settings import Settings

    Settle = Callable[[Batch, Sequence[Record | Failure]], None]

__all__ = ["run"]

_MOST_LOSSES = 5  # of one batch: four lost tasks each, by Dask's own count


def run(client: Any, dispatcher: Dispatcher, settle: Settle, *, out: Path, settings: Settings) -> None:
    """Work through everything on the workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
        Its workers see the same output folder as this process.
    dispatcher : Dispatcher
        Hands out the batches.
    settle : callable
        Takes the results of a batch, in this thread.
    out : pathlib.Path
        The output folder.
    settings : Settings
        All that the tasks learn about the account; its ``connections`` are the window.

    Raises
    ------
    PhistacError
        What a task raised, or ServiceError if workers keep dying over a batch.
    """
    from distributed import as_completed  # noqa: PLC0415 - half a second, only with a cluster

    flying: dict[Any, Batch] = {}
    losses: dict[Batch, int] = {}
    finished = as_completed()  # type: ignore[no-untyped-call]  # distributed is partly typed
    try:
        while True:
            while len(flying) < settings.connections and (batch := dispatcher.next(wait=False)) is not None:
                future = client.submit(
                    transfer_batch, batch, str(out.resolve()), settings, pure=False, retries=0, key=_key(batch)
                )
                flying[future] = batch
                finished.add(future)  # type: ignore[no-untyped-call]  # as above
            if not flying:
                return
            future = next(finished)
            batch = flying.pop(future)
            if _is_lost(future):
                losses[batch] = losses.get(batch, 0) + 1
                if losses[batch] >= _MOST_LOSSES:
                    raise ServiceError(
                        f"workers keep dying while they bring {batch.jobs[0].source}",
                        remedy="Look at the logs of the workers; what has arrived stays.",
                    )
                dispatcher.lost(batch)
            else:
                settle(batch, future.result())
            future.release()
    finally:
        dispatcher.stop()
        client.cancel(list(flying))


def _is_lost(future: Any) -> bool:
    """Whether the task came to nothing through no fault of its own."""
    from distributed import KilledWorker  # noqa: PLC0415 - as above

    if future.status in {"cancelled", "lost"}:
        return True
    return future.status == "error" and isinstance(future.exception(), KilledWorker)


def _key(batch: Batch) -> str:
    return f"phistac-{batch.jobs[0].product}-{uuid4().hex[:12]}"
