"""Pages asked for before they are needed, a few at a time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from phistac.odata.query import Query
    from phistac.remote.catalogue.answers import Answer

__all__ = ["Ahead"]


class Ahead:
    """Keeps requests under way for the pages that will probably be next.

    Parameters
    ----------
    fetch : callable
        Returns the answer to a query; is called by several threads.
    width : int
        Requests under way at once; so many pages are held in memory, at most.
    """

    def __init__(self, fetch: Callable[[Query], Answer], width: int) -> None:
        self.width = width
        self._fetch = fetch
        self._threads: ThreadPoolExecutor | None = None
        self._running: dict[Query, Future[Answer]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            # Whoever leaves early need not wait for pages that nobody wants any more.
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
        self._running.clear()

    def take(self, queries: Sequence[Query]) -> Answer:
        """Return the answer to the first query, while the others are under way; those not named again are dropped.

        A failure of the first is raised here; one of the others not before it is the first.
        """
        first, *others = queries
        if not others and first not in self._running:
            self._keep(frozenset())
            return self._fetch(first)  # nothing to do meanwhile: no thread is needed
        self._keep(frozenset(queries))
        self._threads = self._threads or ThreadPoolExecutor(self.width, thread_name_prefix="phistac-search")
        for query in queries:
            if query not in self._running:
                self._running[query] = self._threads.submit(self._fetch, query)
        return self._running.pop(first).result()

    def _keep(self, wanted: frozenset[Query]) -> None:
        for query in [each for each in self._running if each not in wanted]:
            self._running.pop(query).cancel()
