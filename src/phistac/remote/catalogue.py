"""The catalogue, read completely: page after page to the end of a result, or an error that names what is missing."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError, IncompleteResultError, ServiceError
from phistac.odata.paging import Position, fresh_rows, next_position, page_query
from phistac.odata.query import MAX_TOP, Entity, Query
from phistac.remote.http import Http
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["Catalogue", "Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a result, and where the rest begins."""

    rows: tuple[Mapping[str, Any], ...]
    """Rows not delivered by an earlier page; may be none though more follow."""
    next: Position | None
    """``None`` on the last page."""
    count: int | None = None
    """``@odata.count`` where it was asked for."""


class Catalogue:
    """The OData catalogue of the service that the settings name.

    Parameters
    ----------
    settings : Settings, optional
        Where the catalogue is.
    http : Http, optional
        What sends the requests; one of our own by default, closed with the catalogue.

    Examples
    --------
    >>> from phistac.odata.filters import Comparison
    >>> with Catalogue() as catalogue:  # doctest: +SKIP
    ...     catalogue.count(Query(filter=Comparison("Collection/Name", "eq", "SENTINEL-2")))
    """

    def __init__(self, settings: Settings | None = None, *, http: Http | None = None) -> None:
        self.settings = resolve(settings)
        self._http = http or Http(self.settings)
        # Clients of users live as long as they are referred to; nobody closes them.
        self._close = weakref.finalize(self, self._http.close) if http is None else None

    def __repr__(self) -> str:
        return f"Catalogue({self.settings.catalogue_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that this catalogue opened."""
        if self._close is not None:
            self._close()

    def rows(self, query: Query, *, verify: bool = False) -> Iterator[Mapping[str, Any]]:
        """Yield every row of a result, each Id once, in constant memory.

        Parameters
        ----------
        query : Query
            ``query.top`` limits the whole; ``None`` for all. Newest first unless ordered otherwise.
        verify : bool
            Ask for ``@odata.count`` first (slow on the real service) and compare it at the end.

        Raises
        ------
        IncompleteResultError
            If a page cannot be had, or fewer rows arrived than were counted.
        CatalogueError
            If the catalogue refuses the query.
        """
        delivered, position, expected = 0, Position(), None
        while True:
            size = MAX_TOP if query.top is None else min(MAX_TOP, max(query.top - delivered, 1))
            page = self._page_or_incomplete(query, position, size, count=verify and expected is None, so_far=delivered)
            expected = page.count if expected is None else expected
            for row in page.rows:
                if query.top is not None and delivered >= query.top:
                    return
                yield row
                delivered += 1
            if page.next is None or (query.top is not None and delivered >= query.top):
                break
            position = page.next
        wanted = expected if expected is None or query.top is None else min(expected, query.top)
        if wanted is not None and delivered < wanted:
            raise IncompleteResultError(
                f"the catalogue counted {wanted} records and delivered {delivered}",
                remedy="Records may have been removed meanwhile; search again.",
            )

    def page(self, query: Query, position: Position | None = None, *, size: int = MAX_TOP, count: bool = False) -> Page:
        """Return the page of a result at a position.

        Parameters
        ----------
        query : Query
            The whole search.
        position : Position, optional
            ``next`` of the page before; the start by default.
        size : int
            Rows, at most; at least one.
        count : bool
            Ask for the size of the whole result as well.

        Raises
        ------
        CatalogueError, ServiceError
            If the page cannot be had.
        """
        position = position or Position()
        # What lies at the edge comes again with the page.
        top = max(1, min(size + len(position.seen) + len(position.before), MAX_TOP))
        answer = self._get(query.entity, replace(page_query(query, position, top), count=count))
        rows = answer["value"]
        more = len(rows) >= top or "@odata.nextLink" in answer
        fresh = fresh_rows(position, rows)
        if len(fresh) > size:  # some of those at the edge are gone: what is too much belongs to the next page
            rows, more = rows[: rows.index(fresh[size])], True
            fresh = fresh[:size]
        return Page(tuple(fresh), next_position(query, position, rows, more=more), answer.get("@odata.count"))

    def count(self, query: Query) -> int:
        """Return the number of records; one request, documented as slow on the real service.

        Raises
        ------
        CatalogueError
            If the catalogue does not say.
        """
        answer = self._get(query.entity, replace(query, top=1, skip=0, count=True, expand=(), orderby=None))
        found = answer.get("@odata.count")
        if not isinstance(found, int):
            raise CatalogueError(f"the catalogue gave no count of {query.entity}")
        return found

    def get(self, entity: Entity, identifier: str) -> Mapping[str, Any]:
        """Return one record by its Id, a UUID.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        expand = {"$expand": "Attributes,Assets"} if entity == "Products" else {}
        row = self._http.get_json(f"{self.settings.catalogue_url}/{entity}({identifier})", expand)
        if not isinstance(row, dict) or "Id" not in row:
            raise CatalogueError(f"the catalogue's answer for {entity}({identifier}) is not a record")
        return row

    def _get(self, entity: Entity, query: Query) -> dict[str, Any]:
        answer = self._http.get_json(f"{self.settings.catalogue_url}/{entity}", query.params())
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            raise CatalogueError(
                f"the catalogue's answer for {entity} has no list of records",
                remedy="Check catalogue_url in the settings.",
            )
        return answer

    def _page_or_incomplete(self, query: Query, position: Position, size: int, *, count: bool, so_far: int) -> Page:
        try:
            return self.page(query, position, size=size, count=count)
        except (ServiceError, CatalogueError) as error:
            if not so_far or isinstance(error, IncompleteResultError):
                raise
            where = f" beyond {position.edges[0]}" if position.edges else ""
            raise IncompleteResultError(
                f"after {so_far} records of {query.entity} the next page{where} could not be had: {error}",
                remedy="Nothing was returned as whole; search again, later or from there on.",
            ) from error
