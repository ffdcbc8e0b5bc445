"""Work cut for one connection: large objects alone, small ones together, large first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phistac.retrieval.model import Job

__all__ = ["Batch", "batches", "seconds"]

MOST_BYTES = 128_000_000
MOST_OBJECTS = 200
_ROUNDS = 4  # a batch is at most this part of what is left for its lane, so that all lanes end together


@dataclass(frozen=True, slots=True)
class Batch:
    """Objects that one task brings, one after another, over one connection."""

    jobs: tuple[Job, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(job.object.size for job in self.jobs)


def seconds(jobs: Iterable[Job], *, rate: float, latency_s: float) -> float:
    """Return how long one connection needs for these, at the account's ceiling.

    Parameters
    ----------
    jobs : iterable of Job
        What to bring.
    rate : float
        Bytes per second of one connection.
    latency_s : float
        Seconds to the first byte of each object.
    """
    return float(sum(latency_s + job.object.size / rate for job in jobs))


def batches(jobs: Sequence[Job], *, lanes: int, rate: float, latency_s: float) -> list[Batch]:
    """Cut work into batches.

    A batch holds at most 128 MB or 200 objects (a single larger object is a batch of its own), and no more than a
    fraction of what is left: batches shrink, so that a product of fifty small files keeps every lane busy to the end.

    Parameters
    ----------
    jobs : sequence of Job
        In any order; of any number of products.
    lanes : int
        How many batches may run at once.
    rate, latency_s : float
        As for :func:`seconds`.

    Returns
    -------
    list of Batch
        Those with the largest objects first; every job in exactly one of them.
    """
    left = seconds(jobs, rate=rate, latency_s=latency_s)
    result: list[Batch] = []
    current: list[Job] = []
    size, cost = 0, 0.0
    for job in sorted(jobs, key=lambda job: (-job.object.size, job.product, job.object.path)):
        extra = latency_s + job.object.size / rate
        full = (
            len(current) == MOST_OBJECTS
            or size + job.object.size > MOST_BYTES
            or cost + extra > left / (lanes * _ROUNDS)
        )
        if current and full:
            result.append(Batch(tuple(current)))
            left -= cost
            current, size, cost = [], 0, 0.0
        current.append(job)
        size, cost = size + job.object.size, cost + extra
    return [*result, Batch(tuple(current))] if current else result
