"""The catalogue, read completely: page after page to the end of a result, or an error that names what is missing."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phistac.errors import CatalogueError
from phistac.odata.paging import Position, page_query, page_size, read_page
from phistac.odata.query import MAX_TOP, Entity, Query
from phistac.remote.catalogue.answers import Answer, Answers
from phistac.remote.catalogue.filterlist import rows_by_name
from phistac.remote.catalogue.walk import Walk
from phistac.remote.web.http import Http
from phistac.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
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
        Where the catalogue is, and how many searches may run at once and in a minute.
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
        self._answers = Answers(self._http, self.settings)
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

    def rows(
        self, query: Query, *, verify: bool = False, position: Position | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every row of a result, each Id once, in constant memory; :meth:`walk` that is only iterated over.

        Raises
        ------
        IncompleteResultError
            If a page cannot be had, or rows are missing that were counted.
        CatalogueError
            If the catalogue refuses the query.
        """
        return iter(self.walk(query, verify=verify, position=position))

    def walk(self, query: Query, *, verify: bool = False, position: Position | None = None) -> Walk:
        """Return a walk over a whole result: iterate over it, ask how far it is and what it found.

        Parameters
        ----------
        query : Query
            ``query.top`` limits the whole; ``None`` for all. Newest first unless ordered otherwise.
        verify : bool
            Ask for ``@odata.count`` first (slow on the real service), compare it at the end and explain the difference.
        position : Position, optional
            Where an earlier walk of the same query was left: ``walk.position``.
        """
        return Walk(self._answers, query, verify=verify, position=position)

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
        asked = page_query(query, position, page_size(position, size))
        answer = self._answers.get(replace(asked, count=count))
        position = answer.frozen(position)
        fresh, following = read_page(query, position, answer.rows, more=answer.more, most=size)
        return Page(tuple(fresh), following, answer.count)

    def by_names(
        self, names: Iterable[str], *, expand: tuple[str, ...] = ("Attributes", "Assets")
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the products of these names, in their order; in bulk, by POST.

        Parameters
        ----------
        names : iterable of str
            With the extension, as the catalogue has them. A name that it does not know has no row.
        expand : tuple of str
            What the rows bring with them.

        Raises
        ------
        IncompleteResultError
            If some of them cannot be had.
        """
        return rows_by_name(self._answers, names, expand=expand)

    def count(self, query: Query) -> int:
        """Return the number of records; one request, documented as slow on the real service.

        Raises
        ------
        CatalogueError
            If the catalogue does not say.
        """
        answer = self._answers.get(replace(query, top=1, skip=0, count=True, expand=(), orderby=None))
        return _counted(query.entity, answer)

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


def _counted(entity: Entity, answer: Answer) -> int:
    if answer.count is None:
        raise CatalogueError(f"the catalogue gave no count of {entity}")
    return answer.count
