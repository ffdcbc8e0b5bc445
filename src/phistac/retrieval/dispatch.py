"""Who brings what next, and what has become of it: the state of one download, shared by its lanes.

Objects of all products are in one queue. A product's manifest is held back until everything else of it is whole: where
there is a manifest, there is a product. No I/O happens here, so every order of events can be tested.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING

from phistac.retrieval.model import Failure, Record
from phistac.safe.manifest import MANIFEST_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phistac.retrieval.batches import Batch
    from phistac.retrieval.model import Job

    Cut = Callable[[Sequence[Job]], list[Batch]]

__all__ = ["Dispatcher", "Outcome"]


@dataclass(slots=True)
class Outcome:
    """What has become of one product so far."""

    manifest: list[Job]
    waiting: int
    records: list[Record] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Nothing of it is queued or on its way."""
        return not self.waiting and (bool(self.failures) or not self.manifest)

    @property
    def whole(self) -> bool:
        """Everything asked for has arrived."""
        return self.settled and not self.failures


class Dispatcher:
    """Hands out batches, takes results, says when a product is whole.

    Parameters
    ----------
    jobs : sequence of Job
        Of any number of products.
    cut : callable
        From jobs to batches, in the order in which they are to be handed out.
    """

    def __init__(self, jobs: Sequence[Job], cut: Cut) -> None:
        self._cut = cut
        self._changed = Condition()
        self._in_flight = 0
        self._error: BaseException | None = None
        self._stopped = False
        self._at_stop: list[Callable[[], None]] = []
        self.outcomes: dict[str, Outcome] = {}
        first: list[Job] = []
        for job in jobs:
            outcome = self.outcomes.setdefault(job.product, Outcome([], 0))
            if job.object.path in MANIFEST_NAMES:
                outcome.manifest.append(job)
            else:
                outcome.waiting += 1
                first.append(job)
        alone = [job for outcome in self.outcomes.values() if not outcome.waiting for job in self._release(outcome)]
        self._queue = deque([*cut(first), *cut(alone)])

    @property
    def stopped(self) -> bool:
        """Whether the job ends early."""
        return self._stopped

    @property
    def finished(self) -> bool:
        """Nothing is queued or on its way, or the job ends early and nothing is on its way."""
        return not self._in_flight and (self._stopped or not self._queue)

    def next(self, *, wait: bool = True) -> Batch | None:
        """Return the next batch; None at the end (without ``wait``: None also while nothing is queued just now)."""
        with self._changed:
            while not self._stopped:
                if self._queue:
                    self._in_flight += 1
                    return self._queue.popleft()
                if not self._in_flight or not wait:
                    break
                self._changed.wait()
            return None

    def done(self, batch: Batch, results: Sequence[Record | Failure]) -> list[str]:
        """Take the results of a batch; return the products that have become whole by it."""
        with self._changed:
            self._in_flight -= 1
            released: list[Job] = []
            for result in results:
                outcome = self.outcomes[result.product]
                outcome.waiting -= 1
                (outcome.records if isinstance(result, Record) else outcome.failures).append(result)  # type: ignore[arg-type]  # each list takes its own kind
                if not outcome.waiting and not outcome.failures:
                    released += self._release(outcome)
            self._queue.extendleft(reversed(self._cut(released)))
            self._changed.notify_all()
            touched = dict.fromkeys(job.product for job in batch.jobs)
            return [product for product in touched if self.outcomes[product].whole]

    def lost(self, batch: Batch) -> None:
        """Take back a batch whose worker died; it is handed out again."""
        with self._changed:
            self._in_flight -= 1
            self._queue.appendleft(batch)
            self._changed.notify_all()

    def stop(self) -> None:
        """End early: hand out nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for call in self._at_stop:
            call()

    def at_stop(self, call: Callable[[], None]) -> None:
        """Have this called, perhaps more than once, when the job ends."""
        self._at_stop.append(call)

    def _release(self, outcome: Outcome) -> list[Job]:
        """Let the manifest of a product go."""
        jobs, outcome.manifest = outcome.manifest, []
        outcome.waiting += len(jobs)
        return jobs
